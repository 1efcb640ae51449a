import Telemetry

/// A model that this driver reads, by its ID.
struct SunSpecModel: Hashable, Sendable {
    /// What its points are about. Points of one family have the same names.
    enum Family: Hashable, Sendable {
        case common, inverter, trackers, meter, battery
    }

    /// The model's number.
    var id: UInt16
    var family: Family
    /// In words.
    var title: String

    /// Every model that is read.
    static let all: [SunSpecModel] = [
        .init(id: 1, family: .common, title: "identity"),
        .init(id: 101, family: .inverter, title: "inverter, one phase"),
        .init(id: 102, family: .inverter, title: "inverter, split phase"),
        .init(id: 103, family: .inverter, title: "inverter, three phases"),
        .init(id: 111, family: .inverter, title: "inverter, one phase, floats"),
        .init(id: 112, family: .inverter, title: "inverter, split phase, floats"),
        .init(id: 113, family: .inverter, title: "inverter, three phases, floats"),
        .init(id: 160, family: .trackers, title: "trackers of an inverter"),
        .init(id: 201, family: .meter, title: "meter, one phase"),
        .init(id: 202, family: .meter, title: "meter, split phase"),
        .init(id: 203, family: .meter, title: "meter, star"),
        .init(id: 204, family: .meter, title: "meter, delta"),
        .init(id: 802, family: .battery, title: "battery"),
    ]

    /// The model with this number; nil if it is not read.
    static func with(id: UInt16) -> SunSpecModel? {
        all.first { $0.id == id }
    }

    /// Its points.
    ///
    /// - Parameter trackers: How many trackers model 160 is read for.
    func points(trackers: Int) -> [SunSpecPoint] {
        switch family {
        case .common: SunSpecTable.common.points
        case .inverter where id > 110: SunSpecTable.inverterFloat.points
        case .inverter: SunSpecTable.inverter.points
        case .trackers:
            SunSpecTable.trackers.points + (0..<trackers).flatMap(Self.trackerPoints)
        case .meter: SunSpecTable.meter.points
        case .battery: SunSpecTable.battery.points
        }
    }

    /// Registers of model 160 before the first tracker, and of each.
    static let trackersStart = 10
    static let trackerLength = 20
    /// How many trackers are read unless the configuration says so, and at most.
    static let usualTrackers = 2
    static let mostTrackers = 20

    private static func trackerPoints(_ index: Int) -> [SunSpecPoint] {
        SunSpecTable.tracker.points.map { point in
            var point = point
            point.name = "mppt-\(index + 1)-" + point.name
            point.offset += trackersStart + index * trackerLength
            return point
        }
    }
}

/// A model of a device's chain: its number and, if there are several, which of them.
struct SunSpecChoice: Hashable, TextScalar {
    var model: SunSpecModel
    /// 1 the first of this number in the chain.
    var instance: Int

    /// The most models of one number that can be told apart.
    static let mostInstances = 16

    /// Reads `103` or, for the second of its number, `203#2`.
    init(text: String) throws(TextScalarError) {
        let parts = text.split(separator: "#", omittingEmptySubsequences: false)
        guard (1...2).contains(parts.count), let id = UInt16(parts[0]),
            let instance = parts.count == 1 ? 1 : Int(parts[1]),
            (1...Self.mostInstances).contains(instance)
        else {
            throw TextScalarError(
                "`\(text)` is not a SunSpec model",
                mend: "write its number, such as 103, or 203#2 for the second 203 of the device")
        }
        guard let model = SunSpecModel.with(id: id) else {
            throw TextScalarError(
                "SunSpec model \(id) is not read by this driver",
                mend: "the models are: "
                    + SunSpecModel.all.map { "\($0.id)" }.joined(separator: ", "))
        }
        self.init(model: model, instance: instance)
    }

    init(model: SunSpecModel, instance: Int) {
        self.model = model
        self.instance = instance
    }

    static var placeholder: SunSpecChoice { SunSpecChoice(model: SunSpecModel.all[0], instance: 1) }
}
