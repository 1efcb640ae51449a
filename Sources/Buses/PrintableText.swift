extension StringProtocol {
    /// The beginning of a foreign text as a log or a terminal may show it: whatever is no character
    /// of its own, such as the end of a line or the beginning of a colour, is a dot.
    ///
    /// - Parameter limit: The most characters.
    public func printable(_ limit: Int) -> String {
        var text = String.UnicodeScalarView()
        for scalar in prefix(limit).unicodeScalars.prefix(4 * limit) {
            switch scalar.properties.generalCategory {
            case .control, .format, .lineSeparator, .paragraphSeparator: text.append(".")
            default: text.append(scalar)
            }
        }
        return String(text)
    }
}
