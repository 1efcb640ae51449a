import Platform
import Testing

@Suite struct LocalGroupTests {
    @Test func findsAGroupByItsWholeName() throws {
        #expect(try localGroup(named: "root") == 0)
        #expect(try localGroup(named: "roo") == nil)
        #expect(try localGroup(named: "") == nil)
    }
}
