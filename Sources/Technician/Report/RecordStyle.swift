/// How the page looks, on a screen and on A4.
enum RecordStyle {
    static let sheet: StaticString = """
        body { font: 11pt/1.35 system-ui, sans-serif; color: #000; background: #fff;
          max-width: 60em; margin: 1em auto; padding: 0 1em; }
        h1 { font-size: 17pt; } h2 { font-size: 13pt; margin: 1.2em 0 .3em; }
        table { border-collapse: collapse; width: 100%; font-size: 9.5pt; }
        th, td { border: 1px solid #999; padding: .15em .4em; text-align: left;
          vertical-align: top; overflow-wrap: break-word; }
        th { background: #eee; }
        .number { text-align: right; white-space: nowrap; }
        .facts { width: auto; } .facts th { white-space: nowrap; }
        .open li { margin: .3em 0; }
        .plots { display: flex; flex-wrap: wrap; gap: .6em; }
        figure { margin: 0; width: 21em; break-inside: avoid; }
        svg { width: 100%; height: auto; font-family: sans-serif; }
        .signature { display: flex; gap: 2em; margin-top: 4em; break-inside: avoid; }
        .field { flex: 1; border-top: 1px solid #000; padding-top: .2em; font-size: 9pt; }
        @page { size: A4; margin: 15mm; }
        @media print {
          body { margin: 0; padding: 0; max-width: none; font-size: 10pt; }
          h2 { break-after: avoid; } tr { break-inside: avoid; }
          thead { display: table-header-group; }
          th { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
        }
        """
}
