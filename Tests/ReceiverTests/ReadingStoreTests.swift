import TestSupport
import Testing

@testable import Receiver

@Suite struct ReadingStoreTests {
    /// Receivers of one group are started together, and any of them makes the file; the last that
    /// closes it takes its WAL away while others open it again.
    @Test func manyOpenOneFileAtOnce() async throws {
        let folder = try TestFolder()
        for round in 0..<50 {
            let path = folder.path("\(round).db")
            let stores = (0..<8).map { _ in ReadingStore(.sqlite(path: path)) }
            try await withThrowingTaskGroup { group in
                for store in stores {
                    group.addTask {
                        try await store.open()
                        await store.close()
                        try await store.open()
                    }
                }
                try await group.waitForAll()
            }
        }
    }
}
