/// The ways to the platforms and to the field.
extension MetricsPage {
    static let uplinks: [Metric<StatusReport.Link>] = [
        Metric("armadio_uplink_up", .gauge, "Whether the link to the broker is up") {
            $0.isUp.metric
        },
        Metric(
            "armadio_uplink_state_seconds", .gauge, "Time that the link has been up or down"
        ) { $0.sinceSeconds },
        Metric("armadio_uplink_connects_total", .counter, "Times that the link came up") {
            Double($0.connects)
        },
        Metric("armadio_uplink_failed_tries_total", .counter, "Tries to connect that failed") {
            Double($0.failedTries)
        },
        Metric(
            "armadio_uplink_on_first_broker", .gauge,
            "Whether the link is with the first of its brokers; nothing while it is down"
        ) { $0.isUp ? ($0.preferredFailure == nil).metric : nil },
        Metric(
            "armadio_uplink_readings_delivered_total", .counter,
            "Readings and records of gaps that are acknowledged"
        ) { $0.delivered.map { Double($0) } },
        Metric("armadio_uplink_messages_sent_total", .counter, "Messages handed to the broker") {
            Double($0.sent)
        },
        Metric(
            "armadio_uplink_messages_acknowledged_total", .counter,
            "Messages that the broker has acknowledged"
        ) { Double($0.acknowledged) },
        Metric(
            "armadio_uplink_messages_refused_total", .counter,
            "Messages that the broker has refused"
        ) { Double($0.refused) },
        Metric("armadio_uplink_messages_in_flight", .gauge, "Messages on their way") {
            Double($0.inFlight)
        },
        Metric(
            "armadio_uplink_messages_uncommitted", .gauge,
            "Messages that the broker has and the platform has not yet committed"
        ) { Double($0.uncommitted) },
        Metric(
            "armadio_uplink_readings_set_aside", .gauge,
            "Readings set aside because the broker does not take them"
        ) { Double($0.setAside) },
        Metric("armadio_uplink_payload_bytes_total", .counter, "Bytes of payload sent") {
            Double($0.payloadBytes)
        },
        Metric(
            "armadio_uplink_sent_bytes_total", .counter,
            "Bytes that TCP has sent, with everything around the payload"
        ) { Double($0.bytesSent) },
        Metric("armadio_uplink_received_bytes_total", .counter, "Bytes that TCP has received") {
            Double($0.bytesReceived)
        },
        Metric(
            "armadio_uplink_publish_latency_seconds",
            "From a publish to its acknowledgement; quantiles of about the last thousand",
            durations: \.roundTrips),
        Metric("armadio_uplink_commands_total", .counter, "Commands of the platform") {
            Double($0.commands)
        },
        Metric(
            "armadio_uplink_commands_refused_total", .counter,
            "Commands of the platform that were not carried out"
        ) { Double($0.refusedCommands) },
    ]

    static let buses: [Metric<StatusReport.Bus>] = [
        Metric(
            "armadio_bus_info", .gauge, "The kind of the bus, as a label of the value 1", by: "kind"
        ) { [($0.kind ?? "", 1)] },
        Metric(
            "armadio_bus_load_ratio", .gauge, "Part of the last minute that the bus was in use"
        ) { $0.loadPercent / 100 },
        Metric(
            "armadio_bus_overloaded", .gauge,
            "Whether the bus has not the time for its devices' intervals"
        ) { ($0.overload != nil).metric },
        Metric("armadio_bus_requests_total", .counter, "Requests on the bus") {
            Double($0.requests)
        },
        Metric(
            "armadio_bus_errors_total", .counter,
            "Failed requests on the bus: no answer in time, refused, wrong checksum, wrong answer",
            by: "reason"
        ) {
            errors($0.timeouts, $0.exceptions, $0.checksumErrors, $0.corrupt)
        },
    ]

    static let devices: [Metric<StatusReport.Device>] = [
        Metric("armadio_device_up", .gauge, "Whether the device answered when last asked") {
            $0.isAnswering.metric
        },
        Metric(
            "armadio_device_down_seconds", .gauge,
            "Time that the device has not answered; 0 while it does"
        ) { $0.failingSeconds ?? 0 },
        Metric(
            "armadio_device_backing_off", .gauge,
            "Whether the device is asked less often because it does not answer"
        ) { ($0.nextTrySeconds != nil).metric },
        Metric(
            "armadio_device_readings_total", .counter,
            "Readings of the device by their quality, before any deadband", by: "quality"
        ) { device in
            [("good", Double(device.good))]
                + (device.badReasons ?? [:]).sorted { $0.key < $1.key }
                .map { ($0.key, Double($0.value)) }
        },
        Metric("armadio_device_requests_total", .counter, "Requests to the device") {
            Double($0.requests)
        },
        Metric("armadio_device_failures_total", .counter, "Requests to the device that failed") {
            Double($0.failures)
        },
        Metric(
            "armadio_device_errors_total", .counter,
            "Failed requests to the device: no answer in time, refused, wrong checksum, wrong answer",
            by: "reason"
        ) {
            errors(
                $0.timeouts ?? 0, $0.exceptions ?? 0, $0.checksumErrors ?? 0, $0.corrupt ?? 0)
        },
        Metric(
            "armadio_device_missed_polls_total", .counter,
            "Polls left out because their time had passed"
        ) { Double($0.missedPolls) },
        Metric(
            "armadio_device_response_seconds",
            "Time of a request that was answered; quantiles of about the last thousand",
            durations: \.responses),
    ]

    private static func errors(
        _ timeouts: UInt64, _ refused: UInt64, _ checksum: UInt64, _ corrupt: UInt64
    ) -> [(String, Double)] {
        [
            ("timeout", Double(timeouts)), ("refused", Double(refused)),
            ("checksum", Double(checksum)), ("wrong_answer", Double(corrupt)),
        ]
    }
}
