import Testing

@testable import Console

struct PlotTests {
    private func series(_ values: [Double?], unit: String = "V") -> TimeSeries {
        TimeSeries(
            values.enumerated().map { index, value in
                TimeSeries.Sample(secondsAgo: Double(values.count - 1 - index) * 60, value: value)
            }, unit: unit, seconds: Double(max(values.count - 1, 1)) * 60)
    }

    private func plot(_ series: TimeSeries, _ glyphs: Glyphs) -> String {
        Plot(series, glyphs).lines(columns: 40, rows: 7).joined(separator: "\n")
    }

    @Test func aLineRisesFromLeftToRight() {
        #expect(
            plot(series([0, 5, 10]), .ascii) == """
                10 V+                              *****
                    |                      ********
                 5  +             *********
                    |     ********
                 0  +*****
                    ++----------------+----------------+
                  -2 min           -1 min            now
                """)
        #expect(
            plot(series([0, 5, 10]), .braille) == """
                10 V┤                             ⣀⡠⠤⠒⠒⠉
                    │                      ⣀⡠⠤⠔⠒⠉⠉
                 5  ┤               ⣀⣀⠤⠔⠒⠊⠉
                    │       ⣀⣀⠤⠤⠒⠒⠉⠉
                 0  ┤⣀⠤⠤⠒⠒⠉⠉
                    └┬────────────────┬────────────────┬
                  -2 min           -1 min            now
                """)
    }

    @Test func aGapIsNoLine() {
        #expect(
            plot(series([1, 1, nil, 1, 1]), .blocks) == """
                1.2 V┤
                     │
                1.0  ┤▄▄▄▄▄▄▄▄▄                ▄▄▄▄▄▄▄▄▄
                     │
                0.8  ┤
                     └┬────────────────┬───────────────┬
                   -4 min           -2 min           now
                """)
    }

    @Test func aRangeIsAnUpright() {
        let sample = TimeSeries.Sample(secondsAgo: 30, value: 2, minimum: 0, maximum: 4)
        let lines = Plot(TimeSeries([sample], seconds: 60), .ascii).lines(columns: 30, rows: 7)
        let columns = lines.prefix(5).map { line in
            line.firstIndex(of: "*").map { line.distance(from: line.startIndex, to: $0) }
        }
        #expect(Set(columns).count == 1 && columns[0] != nil)
    }

    @Test(
        arguments: [
            [], [nil], [.nan], [.infinity, -.infinity], [0], [1e308, -1e308],
            [.leastNonzeroMagnitude],
            [.leastNormalMagnitude, 0],
            [1e15, 1e15 + 0.125], [.greatestFiniteMagnitude], [-1e300, 1e300, nil, .nan],
        ] as [[Double?]]) func whateverTheValuesAreThePlotKeepsItsSize(values: [Double?])
    {
        for glyphs in Glyphs.allCases {
            for (columns, rows) in [(80, 20), (24, 4), (200, 50)] {
                let lines = Plot(series(values), glyphs).lines(columns: columns, rows: rows)
                #expect(lines.count == rows)
                #expect(lines.allSatisfy { $0.count <= columns })
            }
        }
        #expect(plotSVG(series(values), title: "x").hasSuffix("</svg>"))
        #expect(plotPNG(series(values), title: "x", width: 200, height: 100) != nil)
    }

    @Test func tooSmallASpaceIsTakenForTheSmallestPlot() {
        #expect(Plot(series([1, 2]), .ascii).lines(columns: -3, rows: 0).count == 4)
    }

    @Test(arguments: [
        (0.0...10.0, 6, ["0", "2", "4", "6", "8", "10"]),
        (223.0...236.0, 4, ["220", "225", "230", "235", "240"]),
        (0.001...0.0042, 3, ["0.000", "0.002", "0.004", "0.006"]),
        (-1.0...1.0, 3, ["-1", "0", "1"]),
        (5.0...5.0, 3, ["4.5", "5.0", "5.5"]),
        (0.0...0.0, 3, ["-1", "0", "1"]),
        (1e12...3e12, 3, ["1.000e12", "2.000e12", "3.000e12"]),
    ]) func ticksAreRoundNumbers(range: ClosedRange<Double>, count: Int, labels: [String]) {
        #expect(PlotScale(range, ticks: count).ticks.map(\.label) == labels)
    }

    @Test(arguments: [
        (3600.0, 5, ["-60 min", "-45 min", "-30 min", "-15 min", "now"]),
        (60.0, 4, ["-60 s", "-30 s", "now"]),
        (86_400.0, 5, ["-24 h", "-18 h", "-12 h", "-6 h", "now"]),
        (600.0, 2, ["-10 min", "now"]),
    ]) func timesAreRoundToo(seconds: Double, most: Int, labels: [String]) {
        let ticks = PlotScale.time(seconds: seconds, ticks: most)
        #expect(ticks.map(\.label) == labels)
        #expect(ticks.last?.place == 1)
    }

    @Test func sparklinesHaveEightLevelsAndBlanksForGaps() {
        let line = Sparkline(.braille)
        #expect(line.text((0..<8).map(Double.init), columns: 8) == "▁▂▃▄▅▆▇█")
        #expect(line.text([1, nil, .nan, 2, .infinity], columns: 7) == "  ▁  █ ")
        #expect(line.text([3, 3, 3], columns: 3) == "▄▄▄")
        #expect(line.text([], columns: 3) == "   ")
        #expect(line.text([1, 2], columns: -1) == "")
        #expect(line.text([1, 2, 3], columns: 2) == "▁█")
        #expect(
            line.text([-.greatestFiniteMagnitude, .greatestFiniteMagnitude], columns: 2) == "▁█")
        #expect(Sparkline(.ascii).text((0..<8).map(Double.init), columns: 8) == "_.-:=+*#")
    }

    @Test(arguments: [
        (["LANG": "C.UTF-8"], Glyphs.braille), (["LANG": "de_DE.utf8"], .braille),
        (["LANG": "C.UTF-8", "LC_ALL": "C"], .ascii), ([:], .ascii),
        (["LC_CTYPE": "en_US.UTF-8@x", "TERM": "linux"], .blocks),
    ]) func theLocaleSaysWhatCanBeShown(variables: [String: String], glyphs: Glyphs) {
        #expect(Glyphs.of { variables[$0] ?? "" } == glyphs)
    }

    @Test func anSVGHasTheBandTheLineTheGapAndNoMarkupOfOthers() {
        let svg = plotSVG(series([1, 2, nil, 3, 4, nil, 5]), title: "a<b>&\"c\"\u{1B}[0m")
        #expect(svg.components(of: "<polyline") == 2 && svg.components(of: "<polygon") == 2)
        #expect(svg.components(of: "<circle") == 1)
        #expect(svg.contains("a&lt;b&gt;&amp;&quot;c&quot;\u{FFFD}[0m [V]"))
        #expect(plotSVG(series([]), title: "x").contains(">no values<"))
    }
}

extension String {
    fileprivate func components(of part: String) -> Int { ranges(of: part).count }
}
