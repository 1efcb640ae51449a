import Console

/// A piece of a page. Text becomes part of one only through `text`, which trusts nothing.
struct HTML {
    let source: String

    private init(source: String) {
        self.source = source
    }

    /// A text that shows as it is, whatever is in it.
    static func text(_ text: String) -> HTML { HTML(source: escapedXML(text)) }

    /// A picture, with the title for who cannot see it.
    static func plot(_ series: TimeSeries, title: String) -> HTML {
        HTML(source: plotSVG(series, title: title, width: 400, height: 150))
    }

    /// Pieces one after another.
    static func all(_ pieces: [HTML]) -> HTML {
        HTML(source: pieces.map(\.source).joined(separator: "\n"))
    }

    /// An element around pieces. Names and the style sheet are the program's own.
    static func element(
        _ name: StaticString, _ attributes: KeyValuePairs<StaticString, String> = [:],
        _ content: HTML...
    ) -> HTML {
        let list = attributes.map { " \($0)=\"\(escapedXML($1))\"" }.joined()
        let inner = content.map(\.source).joined()
        return HTML(
            source: inner.isEmpty ? "<\(name)\(list) />" : "<\(name)\(list)>\(inner)</\(name)>")
    }

    static func style(_ sheet: StaticString) -> HTML {
        HTML(source: "<style>\n\(sheet)\n</style>")
    }

    /// A whole page.
    static func page(_ root: HTML) -> String { "<!DOCTYPE html>\n" + root.source + "\n" }

    /// A table with headings; columns of numbers stand right.
    static func table(_ headings: [String], _ rows: [[String]]) -> HTML {
        let isNumeric = headings.indices.map { column in
            rows.allSatisfy { Double($0[column]) != nil || $0[column] == "-" }
        }
        func cells(_ name: StaticString, _ row: [String]) -> HTML {
            all(
                row.enumerated().map { column, cell in
                    element(name, ["class": isNumeric[column] ? "number" : "word"], text(cell))
                })
        }
        return element(
            "table", [:],
            element("thead", [:], element("tr", [:], cells("th", headings))),
            element("tbody", [:], all(rows.map { element("tr", [:], cells("td", $0)) })))
    }
}
