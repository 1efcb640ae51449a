import Technician
import Testing

struct FindingTests {
    @Test func problemsMatterMost() {
        #expect(Finding.Severity.allCases.shuffled().sorted() == [.ok, .note, .warning, .problem])
    }
}
