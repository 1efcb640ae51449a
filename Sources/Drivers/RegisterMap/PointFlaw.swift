/// What is wrong with a point of a register map.
struct PointFlaw: Error {
    /// The keys that lead to it from the point.
    var keys: [String]
    var what: String
    var mend: String

    init(keys: [String], what: String, mend: String) {
        self.keys = keys
        self.what = what
        self.mend = mend
    }

    init(key: String, what: String, mend: String) {
        self.init(keys: [key], what: what, mend: mend)
    }
}
