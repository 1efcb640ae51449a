/// Who the device is.
///
/// Source: the SunSpec Alliance's model definitions (github.com/sunspec/models, json/), as of
/// SunSpec Information Model Reference, 2024. Points that are written and pads are left out.
extension SunSpecTable {
    /// Model 1.
    static let common = SunSpecTable(
        """
        manufacturer                  Mn                2 string:16        -    -
        model                         Md               18 string:16        -    -
        options                       Opt              34 string:8         -    -   rare
        version                       Vr               42 string:8         -    -
        serial                        SN               50 string:16        -    -
        """)
}
