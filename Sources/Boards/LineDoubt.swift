import Telemetry

extension Board {
    /// Why a line cannot be the one that is meant, and what helps: a pin that the header does not
    /// have, or that is no line. Nil if it may be, as any other name may be one of the kernel's.
    public func doubt(of written: String) -> (what: String, mend: String)? {
        guard place(of: written) == nil, let dash = written.lastIndex(of: "-"),
            let number = Int(written[written.index(after: dash)...])
        else { return nil }
        let name = written[..<dash]
        let isOnly = headers.entries.count == 1
        guard
            let header = headers.entries.first(where: { $0.name == name || isOnly && name == "pin" }
            )
        else { return nil }
        let mend = "`armadio board show \(self.name)` draws its pins"
        guard let pin = header.value.pins["\(number)"] else {
            return ("\(title) has no `\(written)`, but \(header.value.size) pins", mend)
        }
        return ("`\(written)` of \(title) is \(pin.label ?? "no line"), no line", mend)
    }
}
