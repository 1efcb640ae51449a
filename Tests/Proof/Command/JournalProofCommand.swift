import ArgumentParser
import JournalProof

@main
struct JournalProofCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "journal-proof",
        abstract: "What the journal promises, tried against a disk in memory.",
        subcommands: [Crash.self, Faults.self, BitFlips.self, Model.self])
}

/// Options of every proof.
struct Common: ParsableArguments {
    @Option(help: "Where the random numbers begin.")
    var seed: UInt64 = 1
}

struct Crash: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Cuts the power everywhere, and once more during each recovery.")

    @Option(help: "How many states to visit.")
    var states = 10_000
    @OptionGroup var common: Common

    func run() throws {
        var proof = CrashProof(states: states)
        let seed = common.seed
        try prove("crash, seed \(seed)") { note in
            let failure = proof.run(seed: seed, note: note)
            return (proof.report, failure)
        }
    }
}

struct Faults: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Lets every call fail, once and for ever, in every way.")

    @Option(help: "Try one fault in so many.")
    var oneIn = 1
    @Option(help: "How many random lives to sweep after the fixed ones.")
    var lives = 0
    @OptionGroup var common: Common

    func run() throws {
        var proof = FaultProof(oneIn: oneIn)
        let (seed, lives) = (common.seed, lives)
        try prove("faults, seed \(seed)") { note in
            let failure = proof.run(seed: seed, randomLives: lives, note: note)
            return (proof.report, failure)
        }
    }
}

struct Model: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Long lives at random, beside a ledger of every identity.")

    @Option(help: "How many lives.")
    var lives = 200
    @OptionGroup var common: Common

    func run() throws {
        var proof = ModelProof(lives: lives)
        let seed = common.seed
        try prove("model, seed \(seed)") { note in
            let failure = proof.run(seed: seed, note: note)
            return (proof.report, failure)
        }
    }
}

struct BitFlips: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bitflips", abstract: "Turns every bit of a journal of 1 MB in turn.")

    @Option(help: "Turn one bit in so many; 1 is every bit.")
    var oneIn = 1
    @Option(help: "Begin with the bit of this number: shares the work among processes.")
    var from = 0
    @OptionGroup var common: Common

    func run() throws {
        var proof = BitFlipProof(oneIn: oneIn, from: from)
        let seed = common.seed
        try prove("bitflips, seed \(seed)") { note in
            let failure = proof.run(seed: seed, note: note)
            return (proof.report, failure)
        }
    }
}
