/// Trackers: the strings of an inverter, each with its maximum power point.
///
/// Source: the SunSpec Alliance's model definitions (github.com/sunspec/models, json/), as of
/// SunSpec Information Model Reference, 2024. Points that are written and pads are left out.
extension SunSpecTable {
    /// Model 160, what it has once.
    static let trackers = SunSpecTable(
        """
        mppt-events                   Evt               6 bitfield32       -    -
        mppt-count                    N                 8 uint16           -    -   rare
        """)

    /// Model 160, what each tracker has; from its own first register on.
    static let tracker = SunSpecTable(
        """
        input                         ID                0 uint16           -    -   rare
        name                          IDStr             1 string:8         -    -   rare
        current                       DCA               9 uint16           A    2
        voltage                       DCV              10 uint16           V    3
        power                         DCW              11 uint16           W    4
        energy                        DCWH             12 acc32            Wh   5
        timestamp                     Tms              14 uint32           s    -   rare
        temperature                   Tmp              16 int16            Cel  -
        state                         DCSt             17 enum16:tracker   -    -
        events                        DCEvt            18 bitfield32       -    -
        """)
}
