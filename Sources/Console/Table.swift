/// Rows under headings, columns as wide as their widest cell; numbers stand right.
public func table(_ headings: [String], _ rows: [[String]]) -> String {
    let all = [headings] + rows
    let widths = headings.indices.map { column in
        all.map { $0[column].count }.max() ?? 0
    }
    let isNumeric = headings.indices.map { column in
        !rows.isEmpty && rows.allSatisfy { Double($0[column]) != nil || $0[column] == "-" }
    }
    return all.map { row in
        var line = row.indices.map { column in
            pad(row[column], to: widths[column], onLeft: isNumeric[column])
        }.joined(separator: "  ")
        while line.last == " " { line.removeLast() }
        return line
    }.joined(separator: "\n")
}

/// A text with blanks behind it, or before it, so that it is as wide.
public func pad(_ text: String, to width: Int, onLeft: Bool = false) -> String {
    let blanks = String(repeating: " ", count: max(0, width - text.count))
    return onLeft ? blanks + text : text + blanks
}
