/// Batteries.
///
/// Source: the SunSpec Alliance's model definitions (github.com/sunspec/models, json/), as of
/// SunSpec Information Model Reference, 2024. Points that are written and pads are left out.
extension SunSpecTable {
    /// Model 802.
    static let battery = SunSpecTable(
        """
        battery-rated-charge          AHRtg             2 uint16           Ah   52  rare
        battery-rated-energy          WHRtg             3 uint16           Wh   53  rare
        battery-rated-charge-power    WChaRteMax        4 uint16           W    54  rare
        battery-rated-discharge-power WDisChaRteMax     5 uint16           W    54  rare
        battery-self-discharge        DisChaRte         6 uint16           %    55  rare
        battery-charge-max            SoCMax            7 uint16           %    56  rare
        battery-charge-min            SoCMin            8 uint16           %    56  rare
        battery-reserve-max           SocRsvMax         9 uint16           %    56  rare
        battery-reserve-min           SoCRsvMin        10 uint16           %    56  rare
        battery-state-of-charge       SoC              11 uint16           %    56
        battery-depth-of-discharge    DoD              12 uint16           %    57
        battery-state-of-health       SoH              13 uint16           %    58
        battery-cycles                NCyc             14 uint32           -    -
        battery-charge-state          ChaSt            16 enum16:charge    -    -
        battery-control-mode          LocRemCtl        17 enum16:control   -    -   rare
        battery-heartbeat             Hb               18 uint16           -    -   rare
        battery-type                  Typ              21 enum16:chemistry -    -   rare
        battery-state                 State            22 enum16:battery   -    -
        battery-vendor-state          StateVnd         23 enum16           -    -   rare
        battery-events                Evt1             26 bitfield32       -    -
        battery-events-2              Evt2             28 bitfield32       -    -   rare
        battery-vendor-events-1       EvtVnd1          30 bitfield32       -    -   rare
        battery-vendor-events-2       EvtVnd2          32 bitfield32       -    -   rare
        battery-voltage               V                34 uint16           V    59
        battery-voltage-max           VMax             35 uint16           V    59
        battery-voltage-min           VMin             36 uint16           V    59
        battery-cell-voltage-max      CellVMax         37 uint16           V    60
        battery-cell-max-string       CellVMaxStr      38 uint16           -    -   rare
        battery-cell-max-module       CellVMaxMod      39 uint16           -    -   rare
        battery-cell-voltage-min      CellVMin         40 uint16           V    60
        battery-cell-min-string       CellVMinStr      41 uint16           -    -   rare
        battery-cell-min-module       CellVMinMod      42 uint16           -    -   rare
        battery-cell-voltage-mean     CellVAvg         43 uint16           V    60
        battery-current               A                44 int16            A    61
        battery-charge-current-max    AChaMax          45 uint16           A    62
        battery-discharge-current-max ADisChaMax       46 uint16           A    62
        battery-power                 W                47 int16            W    63
        """)
}
