/// The gateway, its journal and its process.
extension MetricsPage {
    static let whole: [Metric<MetricsPage>] = [
        Metric(
            "armadio_build_info", .gauge, "The program's version, as a label of the value 1",
            by: "version"
        ) { [($0.report.version, 1)] },
        Metric("armadio_uptime_seconds", .gauge, "Time since the gateway started") {
            $0.report.uptimeSeconds
        },
        Metric(
            "armadio_health", .gauge, "1 for the word that `armadio health` says", by: "word"
        ) { page in
            guard let health = page.health else { return [] }
            return Health.allCases.map { ($0.rawValue, ($0 == health).metric) }
        },
        Metric(
            "armadio_clock_synchronized", .gauge, "Whether a time source has set the wall clock"
        ) { ($0.report.clock == "synchronized").metric },
        Metric(
            "armadio_clock_anchors", .gauge,
            "Moments of which the journal knows both clocks, of all boots that it knows"
        ) { $0.report.journal.clockAnchors.map { Double($0) } },
        Metric(
            "armadio_configuration_refused", .gauge,
            "Whether the last changed configuration was not taken over"
        ) { ($0.report.configurationFailure != nil).metric },
        Metric(
            "armadio_configuration_trial", .gauge,
            "Whether a configuration is tried and waits for its confirmation"
        ) { ($0.report.configurationTrial != nil).metric },
        Metric("armadio_buses_lent", .gauge, "Buses lent to a command, and so not polled") {
            Double($0.report.lentBuses?.count ?? 0)
        },
        Metric(
            "armadio_power_fail", .gauge, "Whether the power-fail line says that the mains are gone"
        ) { $0.report.powerFail.map { $0.isActive.metric } },
        Metric("armadio_watchdog_fed", .gauge, "Whether the hardware watchdog is fed") {
            $0.report.watchdog.map { $0.isFed.metric }
        },
        Metric(
            "armadio_watchdog_last_fed_seconds", .gauge, "Time since the watchdog was fed last"
        ) { $0.report.watchdog?.fedSeconds },
        Metric(
            "armadio_watchdog_timeout_seconds", .gauge,
            "Time without feeding after which the watchdog resets the board"
        ) { $0.report.watchdog?.timeoutSeconds },
        Metric("armadio_control_clients", .gauge, "Clients of the control socket") {
            Double($0.controlClients)
        },
        Metric(
            "armadio_card_life_used_ratio", .gauge,
            "Part of its life that the journal's eMMC has used, in tenths; 1.1 is beyond it"
        ) { $0.card.used },
        Metric(
            "armadio_card_spare_used_ratio", .gauge,
            "Part of its spare blocks that the journal's eMMC has used: 0, 0.8 or 0.9"
        ) { $0.card.spareUsed },
        Metric("process_start_time_seconds", .gauge, "When the gateway started, in Unix time") {
            let now = Double($0.now.nanosecondsSince1970) / 1e9
            return (now - $0.report.uptimeSeconds).rounded()
        },
        Metric("process_cpu_seconds_total", .counter, "Processor time of the gateway") {
            $0.process.cpuSeconds
        },
        Metric("process_resident_memory_bytes", .gauge, "Memory that the gateway has in use") {
            $0.process.residentBytes
        },
        Metric("process_open_fds", .gauge, "Open descriptors of the gateway") {
            $0.process.descriptors
        },
        Metric("process_max_fds", .gauge, "Descriptors that the gateway may have open") {
            $0.process.descriptorLimit
        },
    ]

    static let journal: [Metric<StatusReport.Journal>] = [
        Metric("armadio_readings_total", .counter, "Readings taken, good and bad") {
            Double($0.readings)
        },
        Metric(
            "armadio_readings_waiting", .gauge,
            "Readings not yet acknowledged by all uplinks, by where they are", by: "place"
        ) { [("memory", Double($0.inMemory)), ("disk", Double($0.onDisk))] },
        Metric(
            "armadio_readings_oldest_waiting_seconds", .gauge,
            "Age of the oldest reading not yet acknowledged; 0 if none waits"
        ) { $0.oldestSeconds ?? 0 },
        Metric(
            "armadio_readings_given_up_total", .counter,
            "Readings given up, for want of disk (the oldest first) or of memory", by: "reason"
        ) { journal in
            [("disk_full", journal.evicted), ("memory_full", journal.givenUp)].compactMap {
                name, count in count.map { (name, Double($0)) }
            }
        },
        Metric("armadio_journal_size_bytes", .gauge, "Size of the journal's files") {
            Double($0.diskBytes)
        },
        Metric("armadio_journal_limit_bytes", .gauge, "Size that the journal's files may reach") {
            $0.limitBytes.map { Double($0) }
        },
        Metric("armadio_journal_commits_total", .counter, "Times that readings were written") {
            Double($0.commits)
        },
        Metric("armadio_journal_written_bytes_total", .counter, "Bytes written to the disk") {
            $0.bytesWritten.map { Double($0) }
        },
        Metric("armadio_journal_syncs_total", .counter, "Synced writes to the disk") {
            $0.syncs.map { Double($0) }
        },
        Metric(
            "armadio_journal_damaged_frames_total", .counter,
            "Frames found damaged when they were read"
        ) { $0.damagedFrames.map { Double($0) } },
        Metric(
            "armadio_journal_quarantined_total", .counter,
            "Pieces of damaged files put into quarantine"
        ) { $0.quarantined.map { Double($0) } },
        Metric("armadio_journal_failing", .gauge, "Whether the disk does not take readings") {
            ($0.failure != nil).metric
        },
    ]
}
