import Buses
import Glibc
import Platform
import Telemetry
import TestSupport
import Testing

@testable import LinuxBuses

/// Real programs: what they get, what they may do, and that nothing is left of them.
@Suite(.serialized, .timeLimit(.minutes(2))) struct LinuxLineProcessTests {
    @Test func linesGoBothWays() async throws {
        let scene = ProgramScene(shell: "while read -r line; do echo \"got $line\"; done")
        try await scene.start(sending: "one")
        #expect(try await scene.lines() == ["got one"])
        try await scene.process.send(Array("two".utf8), until: .latest)
        #expect(try await scene.lines() == ["got two"])
        await scene.process.close()
    }

    @Test func itGetsNothingOfTheGateway() async throws {
        setenv("ARMADIO_TEST_SECRET", "1", 1)
        let scene = ProgramScene(
            python: """
                import os, resource, signal, sys
                fds = sorted(os.listdir("/proc/self/fd"), key=int)
                print(sorted(k for k in os.environ if k != "LC_CTYPE"), os.environ["KEY"], flush=True)
                # One more is the folder that is being listed.
                print(len(fds), os.getcwd(), os.getpgid(0) == os.getpid(), os.getsid(0) == os.getpid())
                print(signal.pthread_sigmask(signal.SIG_BLOCK, []), os.nice(0))
                print([resource.getrlimit(r)[0] for r in (resource.RLIMIT_AS, resource.RLIMIT_NOFILE,
                    resource.RLIMIT_CORE, resource.RLIMIT_FSIZE)])
                print([l.split()[1] for l in open("/proc/self/status") if "NoNewPrivs" in l], flush=True)
                """)
        // Descriptors that are not marked must not get there either.
        let open = dup(STDERR_FILENO)
        defer { close(open) }
        try await scene.start()
        let lines = try await scene.lines(5)
        let nice = getpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0) + 10
        #expect(
            lines == [
                "['KEY', 'PATH'] a b", "4 / True True", "set() \(min(nice, 19))",
                "[268435456, 64, 0, 16777216]", "['1']",
            ])
        await scene.process.close()
    }

    @Test(arguments: [
        ("/no/such/program", "no such file"), ("/etc/passwd", "may not execute"),
        ("/tmp", "may not execute"),
    ])
    func whatCannotBeStartedSaysWhy(path: String, reason: String) async throws {
        let scene = ProgramScene(command: [path], delays: .seconds(100)...(.seconds(100)))
        let before = ProgramScene.descriptors
        for _ in 0..<3 {
            let error = await #expect(throws: BusError.self) { try await scene.process.start() }
            #expect(error?.code == .disconnected)
            #expect(error?.message.contains(reason) == true, "\(error?.message ?? "")")
        }
        #expect(ProgramScene.descriptors == before)
    }

    @Test func itsEndAndWhatItSaidBeforeAreTold() async throws {
        let scene = ProgramScene(shell: "echo last; echo oh >&2; printf 'no end' >&2; exit 3")
        try await scene.start()
        #expect(try await scene.lines() == ["last"])
        let end = try await scene.end()
        #expect(end.reason.code == .disconnected)
        #expect(end.reason.message.contains("exit code 3"))
    }

    @Test func standardErrorIsForTheLog() async throws {
        let scene = ProgramScene(
            shell: "for i in 1 2 3; do echo \"oh $i\" >&2; done; printf 'a\\033[31mb\\377' >&2")
        try await scene.start()
        #expect(try await scene.end().remarks == ["oh 1", "oh 2", "oh 3", "a.[31mb\u{FFFD}"])
    }

    @Test func aKilledOneIsSaidAndStartedAgain() async throws {
        let scene = ProgramScene(shell: "echo $$; read -r line; echo \"got $line\"; read -r line")
        for _ in 0..<3 {
            try await scene.start()
            let pid = try #require(try await scene.lines().first.flatMap { Int32($0) })
            kill(pid, SIGKILL)
            let reason = try await scene.end().reason
            #expect(reason.code == .disconnected)
            #expect(reason.message.contains("signal 9"))
            #expect(ProgramScene.state(of: pid) == nil)
        }
        try await scene.start(sending: "back")
        #expect(try await scene.lines(2).last == "got back")
        await scene.process.close()
    }

    @Test func aStoppedOneIsEndedAndItsReadersWaitIsBounded() async throws {
        let scene = ProgramScene(shell: "echo $$; kill -STOP $$; read -r line")
        try await scene.start()
        let pid = try #require(try await scene.lines().first.flatMap { Int32($0) })
        // More than a pipe holds: it does not read.
        let long = [UInt8](repeating: 65, count: 100_000)
        let error = await #expect(throws: BusError.self) {
            try await scene.process.send(
                long, until: scene.process.executor.now + .milliseconds(100))
        }
        #expect(error?.code == .timeout)
        _ = await scene.process.end(because: BusError(.disconnected, "hung"))
        #expect(ProgramScene.state(of: pid) == nil)
    }

    @Test func oneThatIgnoresItsEndIsKilled() async throws {
        let scene = ProgramScene(
            shell: "trap '' TERM; echo $$; while :; do sleep 1; done")
        try await scene.start()
        let pid = try #require(try await scene.lines().first.flatMap { Int32($0) })
        let start = scene.process.executor.now
        await scene.process.close()
        #expect(scene.process.executor.now - start < .seconds(15))
        #expect(ProgramScene.state(of: pid) == nil)
    }

    @Test func grandchildrenEndWithIt() async throws {
        let scene = ProgramScene(
            shell: "sh -c 'trap \"\" TERM; while :; do sleep 1; done' & echo $$ $!; exit 0")
        try await scene.start()
        let pids = try await scene.lines().first?.split(separator: " ").compactMap { Int32($0) }
        let reason = try await scene.end().reason
        #expect(reason.message.contains("exit code 0"))
        let grandchild = try #require(pids?.last)
        #expect(try await scene.isGone(grandchild))
    }

    @Test func itEndsWhenNobodyHasItAnyMore() async throws {
        var scene: ProgramScene? = ProgramScene(shell: "echo $$; while :; do sleep 1; done")
        try await scene?.start()
        let pid = try #require(try await scene?.lines().first.flatMap { Int32($0) })
        scene = nil
        #expect(try await ProgramScene(shell: "").isGone(pid))
    }

    @Test(arguments: [
        "yes", "yes '' ", "cat /dev/zero", "head -c 70000 /dev/zero | tr '\\0' a; sleep 100",
        "while :; do yes $(head -c 60000 /dev/zero | tr '\\0' a); done", "yes >&2",
    ])
    func aFloodEndsTheRun(script: String) async throws {
        let scene = ProgramScene(shell: script)
        try await scene.start()
        let reason = try await scene.end().reason
        #expect(reason.code == .corrupt)
        #expect(reason.message.contains("floods"))
    }

    @Test func muchOnStandardErrorIsCutShort() async throws {
        let scene = ProgramScene(
            shell: "yes 2>&1 >&2 | head -c 100000 >&2; echo done; read -r line")
        try await scene.start()
        #expect(try await scene.lines() == ["done"])
        await scene.process.close()
    }

    @Test func memoryIsLimited() async throws {
        var limits = ProgramLimits()
        limits.memory = .mebibytes(64)
        let scene = ProgramScene(
            python: "x = bytearray(200 << 20)", limits: limits)
        try await scene.start()
        let end = try await scene.end()
        #expect(end.reason.message.contains("exit code 1"))
        #expect(end.remarks.last == "MemoryError")
    }

    @Test func binaryIsLinesToo() async throws {
        let scene = ProgramScene(shell: "printf '\\000\\377\\n\\n\\001\\n'; read -r line")
        try await scene.start()
        var lines: [[UInt8]] = []
        while lines.count < 3 {
            lines += try await scene.process.take().lines
            if lines.count < 3 { try await scene.process.rest(until: .latest) }
        }
        #expect(lines == [[0, 255], [], [1]])
        await scene.process.close()
    }

    @Test func oneThatClosesItsOutputButLivesIsEnded() async throws {
        let scene = ProgramScene(shell: "echo $$; exec >&-; while :; do sleep 1; done")
        try await scene.start()
        let pid = try #require(try await scene.lines().first.flatMap { Int32($0) })
        let reason = try await scene.end().reason
        #expect(reason.message.contains("closed its standard output"))
        #expect(ProgramScene.state(of: pid) == nil)
    }

    @Test func oneThatReadsNoMoreIsNoSignalForTheGateway() async throws {
        let scene = ProgramScene(shell: "exec <&-; echo closed; sleep 100")
        try await scene.start()
        #expect(try await scene.lines() == ["closed"])
        for _ in 0..<3 { try await scene.process.send([65], until: .latest) }
        await scene.process.close()
    }

    @Test func processorTimeIsSeen() async throws {
        let scene = ProgramScene(
            shell: "i=0; while [ $i -lt 300000 ]; do i=$((i+1)); done; echo; read x")
        try await scene.start()
        _ = try await scene.lines()
        let used = try #require(await scene.process.processorTime())
        #expect(used > .milliseconds(20) && used < .seconds(20))
        await scene.process.close()
        #expect(await scene.process.processorTime() == nil)
    }

    @Test func nothingIsLeftOfFiftyRuns() async throws {
        let scene = ProgramScene(shell: "echo $$; sleep 100 & read -r line")
        try await scene.start()
        _ = try await scene.lines()
        let before = ProgramScene.descriptors
        #expect(before >= 4)
        var pids: [Int32] = []
        for _ in 0..<50 {
            _ = await scene.process.end(because: BusError(.disconnected, "once more"))
            try await scene.start()
            pids.append(try #require(try await scene.lines().first.flatMap { Int32($0) }))
        }
        #expect(ProgramScene.descriptors == before)
        await scene.process.close()
        #expect(pids.allSatisfy { ProgramScene.state(of: $0) == nil })
    }
}
