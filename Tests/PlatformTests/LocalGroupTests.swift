import Platform
import Testing

@Suite struct LocalGroupTests {
    @Test func findsAGroupByItsWholeName() throws {
        #expect(try localGroup(named: "root") == 0)
        #expect(try localGroup(named: "roo") == nil)
        #expect(try localGroup(named: "") == nil)
    }

    @Test func findsAUserWithItsGroup() throws {
        let root = try #require(try localUser(named: "root"))
        #expect(root.user == 0 && root.group == 0)
        #expect(try localUser(numbered: 0) == root)
        #expect(try localUser(named: "roo") == nil)
    }
}
