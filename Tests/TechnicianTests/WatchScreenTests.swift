import Console
import FoundationEssentials
import TestSupport
import Testing

@testable import Technician

/// Screens of `armadio watch`, as text. To be looked at and committed when they are meant to change:
/// ARMADIO_WRITE_SCREENS=1 swift test --filter WatchScreenTests
struct WatchScreenTests {
    enum Screen: String, CaseIterable {
        case table80 = "watch-80x24"
        case table200 = "watch-200x50"
        case ascii80 = "watch-ascii-80x24"
        case plot80 = "watch-plot-80x24"
        case plot200 = "watch-plot-200x50"
        case help80 = "watch-help-80x24"
        case lost80 = "watch-lost-80x24"

        var scene: WatchScene {
            let isLarge = rawValue.hasSuffix("200x50")
            var scene = WatchScene(
                rows: isLarge ? 50 : 24, columns: isLarge ? 200 : 80,
                glyphs: self == .ascii80 ? .ascii : .braille, meters: isLarge ? 30 : 12)
            scene.answerHistory()
            scene.change("meter-1/voltage", to: 231.25, after: 5)
            switch self {
            case .plot80, .plot200:
                scene.press(.down, .enter)
                scene.answerHistory()
            case .help80: scene.press(.character("?"))
            case .lost80:
                scene.press(.character("b"))
                scene.model.lose("the gateway closed the connection")
            default: break
            }
            return scene
        }
    }

    @Test(arguments: Screen.allCases)
    func screensAreAsTheyWereLookedAt(screen: Screen) throws {
        let text = screen.scene.text
        let golden =
            TestProcess.packageFolder + "/Tests/TechnicianTests/Screens/\(screen.rawValue).txt"
        if ProcessInfo.processInfo.environment["ARMADIO_WRITE_SCREENS"] != nil {
            try text.write(toFile: golden, atomically: true, encoding: .utf8)
        }
        let wanted = try String(contentsOfFile: golden, encoding: .utf8)
        #expect(text == wanted, "the screen is:\n\(text)")
    }
}
