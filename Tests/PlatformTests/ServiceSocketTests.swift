import Glibc
import Platform
import TestSupport
import Testing

@Suite(.serialized) struct ServiceSocketTests {
    @Test func speaksToAPathAndToAnAbstractName() throws {
        let folder = try TestFolder()
        for address in [folder.path("notify"), "@armadio-test-\(getpid())"] {
            let inbox = try #require(DatagramInbox(address))
            try ServiceSocket(address: address).send(["READY=1", "STATUS=two\nlines"])
            #expect(inbox.texts() == ["READY=1\nSTATUS=two lines"])
        }
    }

    @Test func saysWhyThereIsNoManager() throws {
        let folder = try TestFolder()
        let failures = [
            ("vsock:2:1234", EAFNOSUPPORT), ("", EAFNOSUPPORT), (folder.path("none"), ENOENT),
            ("/" + String(repeating: "x", count: 200), ENAMETOOLONG),
        ]
        for (address, code) in failures {
            let failure = #expect(throws: SystemError.self) {
                try ServiceSocket(address: address)
            }
            #expect(failure?.errno == code, "\(address)")
        }
    }

    @Test func takesItsVariablesOutOfTheEnvironment() throws {
        let inbox = try #require(DatagramInbox("@armadio-test-environment-\(getpid())"))
        setenv("NOTIFY_SOCKET", inbox.address, 1)
        setenv("WATCHDOG_USEC", "30000000", 1)
        setenv("WATCHDOG_PID", "\(getpid())", 1)
        let socket = try #require(try ServiceSocket.takeFromEnvironment())
        #expect(socket.watchdog == .seconds(30))
        for name in ["NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"] {
            #expect(getenv(name) == nil, "\(name)")
        }
        #expect(try ServiceSocket.takeFromEnvironment() == nil)
    }

    @Test(arguments: [("30000000", "1"), ("0", ""), ("soon", ""), ("-5", "")])
    func isNotWatchedForAnotherProcessOrWithoutATime(time: String, process: String) throws {
        let inbox = try #require(DatagramInbox("@armadio-test-watch-\(getpid())"))
        setenv("NOTIFY_SOCKET", inbox.address, 1)
        setenv("WATCHDOG_USEC", time, 1)
        if !process.isEmpty { setenv("WATCHDOG_PID", process, 1) }
        #expect(try #require(try ServiceSocket.takeFromEnvironment()).watchdog == nil)
    }
}
