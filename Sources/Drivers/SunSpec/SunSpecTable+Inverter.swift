/// Inverters: the same points in whole numbers with scale factors, and in floats.
///
/// Source: the SunSpec Alliance's model definitions (github.com/sunspec/models, json/), as of
/// SunSpec Information Model Reference, 2024. Points that are written and pads are left out.
extension SunSpecTable {
    /// Models 101 to 103: one phase, split phase, three phases.
    static let inverter = SunSpecTable(
        """
        ac-current                    A                 2 uint16           A    6
        ac-current-a                  AphA              3 uint16           A    6
        ac-current-b                  AphB              4 uint16           A    6
        ac-current-c                  AphC              5 uint16           A    6
        ac-voltage-ab                 PPVphAB           7 uint16           V    13
        ac-voltage-bc                 PPVphBC           8 uint16           V    13
        ac-voltage-ca                 PPVphCA           9 uint16           V    13
        ac-voltage-an                 PhVphA           10 uint16           V    13
        ac-voltage-bn                 PhVphB           11 uint16           V    13
        ac-voltage-cn                 PhVphC           12 uint16           V    13
        ac-power                      W                14 int16            W    15
        ac-frequency                  Hz               16 uint16           Hz   17
        ac-apparent-power             VA               18 int16            VA   19
        ac-reactive-power             VAr              20 int16            var  21
        ac-power-factor               PF               22 int16            %    23
        ac-energy                     WH               24 acc32            Wh   26
        dc-current                    DCA              27 uint16           A    28
        dc-voltage                    DCV              29 uint16           V    30
        dc-power                      DCW              31 int16            W    32
        cabinet-temperature           TmpCab           33 int16            Cel  37
        heat-sink-temperature         TmpSnk           34 int16            Cel  37
        transformer-temperature       TmpTrns          35 int16            Cel  37  rare
        other-temperature             TmpOt            36 int16            Cel  37  rare
        state                         St               38 enum16:inverter  -    -
        vendor-state                  StVnd            39 enum16           -    -   rare
        events                        Evt1             40 bitfield32       -    -
        events-2                      Evt2             42 bitfield32       -    -   rare
        vendor-events-1               EvtVnd1          44 bitfield32       -    -   rare
        vendor-events-2               EvtVnd2          46 bitfield32       -    -   rare
        vendor-events-3               EvtVnd3          48 bitfield32       -    -   rare
        vendor-events-4               EvtVnd4          50 bitfield32       -    -   rare
        """)

    /// Models 111 to 113: the same, in floats.
    static let inverterFloat = SunSpecTable(
        """
        ac-current                    A                 2 float32          A    -
        ac-current-a                  AphA              4 float32          A    -
        ac-current-b                  AphB              6 float32          A    -
        ac-current-c                  AphC              8 float32          A    -
        ac-voltage-ab                 PPVphAB          10 float32          V    -
        ac-voltage-bc                 PPVphBC          12 float32          V    -
        ac-voltage-ca                 PPVphCA          14 float32          V    -
        ac-voltage-an                 PhVphA           16 float32          V    -
        ac-voltage-bn                 PhVphB           18 float32          V    -
        ac-voltage-cn                 PhVphC           20 float32          V    -
        ac-power                      W                22 float32          W    -
        ac-frequency                  Hz               24 float32          Hz   -
        ac-apparent-power             VA               26 float32          VA   -
        ac-reactive-power             VAr              28 float32          var  -
        ac-power-factor               PF               30 float32          %    -
        ac-energy                     WH               32 float32          Wh   -
        dc-current                    DCA              34 float32          A    -
        dc-voltage                    DCV              36 float32          V    -
        dc-power                      DCW              38 float32          W    -
        cabinet-temperature           TmpCab           40 float32          Cel  -
        heat-sink-temperature         TmpSnk           42 float32          Cel  -
        transformer-temperature       TmpTrns          44 float32          Cel  -   rare
        other-temperature             TmpOt            46 float32          Cel  -   rare
        state                         St               48 enum16:inverter  -    -
        vendor-state                  StVnd            49 enum16           -    -   rare
        events                        Evt1             50 bitfield32       -    -
        events-2                      Evt2             52 bitfield32       -    -   rare
        vendor-events-1               EvtVnd1          54 bitfield32       -    -   rare
        vendor-events-2               EvtVnd2          56 bitfield32       -    -   rare
        vendor-events-3               EvtVnd3          58 bitfield32       -    -   rare
        vendor-events-4               EvtVnd4          60 bitfield32       -    -   rare
        """)
}
