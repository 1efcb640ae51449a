import Glibc
import Journal
import Telemetry
import Testing

/// What is left after a file has been torn or damaged.
@Suite struct DamageTests {
    private func filled(_ fixture: Fixture, commits: Int) throws {
        fixture.fill(try fixture.open(), commits: commits)
    }

    @Test func survivesTornTail() throws {
        let fixture = Fixture()
        try filled(fixture, commits: 5)
        let path = try #require(FileTree(fixture.directory).segments.first)
        // The last frame's header is there, the end of its body is not.
        overwrite(path, at: 5 * 4096 + 128, { $0 = $0.map { _ in 0 } }, count: 3968)
        var receiver = Receiver()
        receiver.drain(try fixture.reopen())
        #expect(receiver.order == Array(0..<400))
        #expect(receiver.gaps.map(\.count) == [100])
        #expect(receiver.gaps.map(\.reason) == [.damaged])
    }

    @Test func writesBehindATornTailAndFindsItAgain() throws {
        let fixture = Fixture()
        try filled(fixture, commits: 5)
        let path = try #require(FileTree(fixture.directory).segments.first)
        overwrite(path, at: 5 * 4096, { $0 = $0.map { _ in 0x55 } }, count: 512)
        do {
            let journal = try fixture.reopen()
            journal.append(fixture.readings(100, from: 1000), now: fixture.now)
            fixture.commit(journal)
        }
        var receiver = Receiver()
        receiver.drain(try fixture.reopen())
        #expect(receiver.order == Array(0..<400) + Array(1000..<1100))
    }

    @Test(arguments: [2 * 4096 + 10, 2 * 4096 + 140])
    func damageInTheMiddleCostsOneCommitAndIsNamed(offset: Int) throws {
        let fixture = Fixture()
        try filled(fixture, commits: 5)
        let path = try #require(FileTree(fixture.directory).segments.first)
        overwrite(path, at: offset, { $0[0] ^= 0x30 }, count: 1)
        for _ in 0..<2 {
            var receiver = Receiver()
            receiver.drain(try fixture.reopen(), settling: false)
            #expect(receiver.order == Array(0..<100) + Array(200..<500))
            #expect(receiver.gaps.map(\.first) == [100] && receiver.gaps.map(\.count) == [100])
            #expect(receiver.gaps.map(\.reason) == [.damaged])
        }
    }

    @Test(arguments: [2 * 4096 + 10, 2 * 4096 + 140])
    func whatIsDamagedIsKeptForALook(offset: Int) throws {
        let fixture = Fixture()
        try filled(fixture, commits: 5)
        let path = try #require(FileTree(fixture.directory).segments.first)
        overwrite(path, at: offset, { $0[0] ^= 0x30 }, count: 1)
        for _ in 0..<3 {
            var receiver = Receiver()
            receiver.drain(try fixture.reopen(), settling: false)
        }
        let kept = FileTree(fixture.directory + "/quarantine").paths
        #expect(kept.map { $0.split(separator: "/").last } == ["normal-000000-g1-at-8192.bytes"])
        #expect(contents(of: kept[0]) == contents(of: path)[8192..<12288])
    }

    @Test func damagedSegmentHeaderCostsNothing() throws {
        let fixture = Fixture()
        try filled(fixture, commits: 40)
        for path in FileTree(fixture.directory).segments {
            overwrite(path, at: 30, { $0[0] ^= 1 }, count: 1)
        }
        var receiver = Receiver()
        receiver.drain(try fixture.reopen())
        #expect(receiver.order == Array(0..<4000))
        #expect(receiver.gaps.isEmpty)
    }

    @Test func lostSegmentIsNamed() throws {
        let fixture = Fixture()
        try filled(fixture, commits: 40)
        unlink(FileTree(fixture.directory).segments[1])
        var receiver = Receiver()
        receiver.drain(try fixture.reopen())
        let lost = receiver.gaps.reduce(0) { $0 + $1.count }
        #expect(lost > 0 && receiver.gaps.map(\.reason) == [.damaged])
        #expect(receiver.values.count + Int(lost) == 4000)
    }

    @Test func garbageInEveryFileStillStarts() throws {
        let fixture = Fixture()
        try filled(fixture, commits: 40)
        for path in FileTree(fixture.directory).paths {
            overwrite(
                path, at: 0, { $0 = $0.indices.map { UInt8(truncatingIfNeeded: $0 &* 7 &+ 3) } },
                count: 65536)
        }
        do {
            let journal = try fixture.reopen()
            journal.append(fixture.readings(100), now: fixture.now)
            fixture.commit(journal)
        }
        var receiver = Receiver()
        receiver.drain(try fixture.reopen())
        #expect(receiver.order == Array(0..<100))
    }
}
