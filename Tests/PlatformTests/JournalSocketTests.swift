import Glibc
import TestSupport
import Testing

@testable import Platform

@Suite struct JournalSocketTests {
    @Test func aValueWithALineBreakGoesByItsLength() {
        let bytes = JournalSocket.encode([("MESSAGE", "one"), ("TWO", "a\nb"), ("NONE", "")])
        let expected =
            Array("MESSAGE=one\nTWO\n".utf8) + [3, 0, 0, 0, 0, 0, 0, 0]
            + Array("a\nb\nNONE=\n".utf8)
        #expect(bytes == expected)
    }

    @Test func theLargestEntryIsTakenAsOneDatagram() throws {
        let folder = try TestFolder()
        let inbox = try #require(DatagramInbox(folder.path("journal")))
        let value = String(repeating: "x", count: 3 * JournalSocket.valueLimit)
        let fields = (0..<(2 * JournalSocket.fieldLimit)).map { (name: "F\($0)", value: value) }
        try JournalSocket(path: inbox.address).send(fields)
        let bytes = try #require(inbox.next())
        #expect(bytes.count > JournalSocket.fieldLimit * JournalSocket.valueLimit)
        #expect(bytes.filter { $0 == UInt8(ascii: "\n") }.count == JournalSocket.fieldLimit)
    }

    @Test func aJournalThatDoesNotReadHoldsUpNobody() throws {
        let folder = try TestFolder()
        let inbox = try #require(DatagramInbox(folder.path("journal")))
        let journal = JournalSocket(path: inbox.address)
        var sent = 0
        let failure = #expect(throws: SystemError.self) {
            for _ in 0..<100_000 {
                try journal.send([("MESSAGE", "\(sent)")])
                sent += 1
            }
        }
        #expect(failure?.errno == EAGAIN && sent > 0)
        #expect(inbox.texts().count == sent)
        try journal.send([("MESSAGE", "again")])
        #expect(inbox.texts() == ["MESSAGE=again\n"])
    }

    @Test func findsAJournalThatWasStartedAgain() throws {
        let folder = try TestFolder()
        let path = folder.path("journal")
        let journal = JournalSocket(path: path)
        #expect(throws: SystemError.self) { try journal.send([("MESSAGE", "too early")]) }
        do {
            let first = try #require(DatagramInbox(path))
            try journal.send([("MESSAGE", "one")])
            #expect(first.texts().count == 1)
        }
        unlink(path)
        let second = try #require(DatagramInbox(path))
        #expect(throws: SystemError.self) { try journal.send([("MESSAGE", "lost")]) }
        try journal.send([("MESSAGE", "two")])
        #expect(second.texts() == ["MESSAGE=two\n"])
    }

    @Test func knowsWhetherADescriptorIsTheJournalsStream() throws {
        let folder = try TestFolder()
        let descriptor = open(folder.path("stream"), O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        defer { close(descriptor) }
        var status = stat()
        try #require(fstat(descriptor, &status) == 0)
        let stream = "\(status.st_dev):\(status.st_ino)"
        #expect(JournalSocket.isReached(by: descriptor, stream: stream))
        #expect(!JournalSocket.isReached(by: descriptor, stream: stream + "1"))
        #expect(!JournalSocket.isReached(by: descriptor, stream: nil))
        #expect(!JournalSocket.isReached(by: -1, stream: stream))
    }
}
