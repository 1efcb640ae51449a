/// Meters.
///
/// Source: the SunSpec Alliance's model definitions (github.com/sunspec/models, json/), as of
/// SunSpec Information Model Reference, 2024. Points that are written and pads are left out.
extension SunSpecTable {
    /// Models 201 to 204: one phase, split phase, star, delta.
    static let meter = SunSpecTable(
        """
        current                       A                 2 int16            A    6
        current-a                     AphA              3 int16            A    6
        current-b                     AphB              4 int16            A    6
        current-c                     AphC              5 int16            A    6
        voltage-ln                    PhV               7 int16            V    15
        voltage-an                    PhVphA            8 int16            V    15
        voltage-bn                    PhVphB            9 int16            V    15
        voltage-cn                    PhVphC           10 int16            V    15
        voltage-ll                    PPV              11 int16            V    15
        voltage-ab                    PhVphAB          12 int16            V    15
        voltage-bc                    PhVphBC          13 int16            V    15
        voltage-ca                    PhVphCA          14 int16            V    15
        frequency                     Hz               16 int16            Hz   17
        power                         W                18 int16            W    22
        power-a                       WphA             19 int16            W    22
        power-b                       WphB             20 int16            W    22
        power-c                       WphC             21 int16            W    22
        apparent-power                VA               23 int16            VA   27
        apparent-power-a              VAphA            24 int16            VA   27  rare
        apparent-power-b              VAphB            25 int16            VA   27  rare
        apparent-power-c              VAphC            26 int16            VA   27  rare
        reactive-power                VAR              28 int16            var  32
        reactive-power-a              VARphA           29 int16            var  32  rare
        reactive-power-b              VARphB           30 int16            var  32  rare
        reactive-power-c              VARphC           31 int16            var  32  rare
        power-factor                  PF               33 int16            %    37
        power-factor-a                PFphA            34 int16            %    37  rare
        power-factor-b                PFphB            35 int16            %    37  rare
        power-factor-c                PFphC            36 int16            %    37  rare
        energy-export                 TotWhExp         38 acc32            Wh   54
        energy-export-a               TotWhExpPhA      40 acc32            Wh   54  rare
        energy-export-b               TotWhExpPhB      42 acc32            Wh   54  rare
        energy-export-c               TotWhExpPhC      44 acc32            Wh   54  rare
        energy-import                 TotWhImp         46 acc32            Wh   54
        energy-import-a               TotWhImpPhA      48 acc32            Wh   54  rare
        energy-import-b               TotWhImpPhB      50 acc32            Wh   54  rare
        energy-import-c               TotWhImpPhC      52 acc32            Wh   54  rare
        apparent-energy-export        TotVAhExp        55 acc32            VAh  71  rare
        apparent-energy-export-a      TotVAhExpPhA     57 acc32            VAh  71  rare
        apparent-energy-export-b      TotVAhExpPhB     59 acc32            VAh  71  rare
        apparent-energy-export-c      TotVAhExpPhC     61 acc32            VAh  71  rare
        apparent-energy-import        TotVAhImp        63 acc32            VAh  71  rare
        apparent-energy-import-a      TotVAhImpPhA     65 acc32            VAh  71  rare
        apparent-energy-import-b      TotVAhImpPhB     67 acc32            VAh  71  rare
        apparent-energy-import-c      TotVAhImpPhC     69 acc32            VAh  71  rare
        reactive-energy-import-q1     TotVArhImpQ1     72 acc32            varh 104 rare
        reactive-energy-import-q1-a   TotVArhImpQ1PhA  74 acc32            varh 104 rare
        reactive-energy-import-q1-b   TotVArhImpQ1PhB  76 acc32            varh 104 rare
        reactive-energy-import-q1-c   TotVArhImpQ1PhC  78 acc32            varh 104 rare
        reactive-energy-import-q2     TotVArhImpQ2     80 acc32            varh 104 rare
        reactive-energy-import-q2-a   TotVArhImpQ2PhA  82 acc32            varh 104 rare
        reactive-energy-import-q2-b   TotVArhImpQ2PhB  84 acc32            varh 104 rare
        reactive-energy-import-q2-c   TotVArhImpQ2PhC  86 acc32            varh 104 rare
        reactive-energy-export-q3     TotVArhExpQ3     88 acc32            varh 104 rare
        reactive-energy-export-q3-a   TotVArhExpQ3PhA  90 acc32            varh 104 rare
        reactive-energy-export-q3-b   TotVArhExpQ3PhB  92 acc32            varh 104 rare
        reactive-energy-export-q3-c   TotVArhExpQ3PhC  94 acc32            varh 104 rare
        reactive-energy-export-q4     TotVArhExpQ4     96 acc32            varh 104 rare
        reactive-energy-export-q4-a   TotVArhExpQ4PhA  98 acc32            varh 104 rare
        reactive-energy-export-q4-b   TotVArhExpQ4PhB 100 acc32            varh 104 rare
        reactive-energy-export-q4-c   TotVArhExpQ4PhC 102 acc32            varh 104 rare
        meter-events                  Evt             105 bitfield32       -    -
        """)
}
