import JournalProof
import Testing

/// The proofs in a form that is short enough for a debug build; `Tests/Proof/run` has the long
/// ones.
@Suite struct ProofTests {
    @Test func nothingCommittedIsLostByAPowerCut() {
        var proof = CrashProof(states: 600)
        let failure = proof.run(seed: 1, withKnownLives: false)
        #expect(failure == nil, "\(failure.map { "\($0)" } ?? "")")
        #expect(proof.report.states >= 600)
    }

    @Test func aFailingCallCostsNothingThatWasCalledSafe() {
        var proof = FaultProof(oneIn: 97)
        let failure = proof.run(seed: 1, randomLives: 0)
        #expect(failure == nil, "\(failure.map { "\($0)" } ?? "")")
        #expect(proof.report.states > 50)
    }

    @Test func aTurnedBitCostsOneCommitAtMost() {
        var proof = BitFlipProof(oneIn: 200_003)
        let failure = proof.run(seed: 1)
        #expect(failure == nil, "\(failure.map { "\($0)" } ?? "")")
        #expect(proof.report.states > 40)
    }

    @Test func longLivesAgreeWithTheLedger() {
        var proof = ModelProof(lives: 8)
        let failure = proof.run(seed: 1)
        #expect(failure == nil, "\(failure.map { "\($0)" } ?? "")")
        #expect(proof.report.states > 0)
    }
}
