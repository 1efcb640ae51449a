import CMosquitto
import Glibc

/// The library's list of a message's MQTT 5 properties; the caller frees it. A property that the
/// library does not take (no memory, not UTF-8) is left out: the payload does not depend on it.
func propertyList(of message: OutboundMessage) -> OpaquePointer? {
    var list: OpaquePointer?
    if let contentType = message.contentType {
        mosquitto_property_add_string(&list, Int32(MQTT_PROP_CONTENT_TYPE.rawValue), contentType)
    }
    if !message.correlation.isEmpty {
        // MQTT 5 has two bytes for its length; what is longer the library cannot be given.
        message.correlation.withUnsafeBytes {
            guard let length = UInt16(exactly: $0.count) else { return }
            mosquitto_property_add_binary(
                &list, Int32(MQTT_PROP_CORRELATION_DATA.rawValue), $0.baseAddress, length)
        }
    }
    for (name, value) in message.userProperties {
        mosquitto_property_add_string_pair(
            &list, Int32(MQTT_PROP_USER_PROPERTY.rawValue), name, value)
    }
    return list
}

/// The most user properties read from one message; more are not looked at.
private let userPropertyLimit = 64

/// Reads the user properties of a received message.
func userProperties(in list: OpaquePointer?) -> [(name: String, value: String)] {
    var found: [(name: String, value: String)] = []
    var next = list
    while let current = next, found.count < userPropertyLimit {
        var name: UnsafeMutablePointer<CChar>?
        var value: UnsafeMutablePointer<CChar>?
        // Searches from `current` on and answers where it found one.
        let place = mosquitto_property_read_string_pair(
            current, Int32(MQTT_PROP_USER_PROPERTY.rawValue), &name, &value, false)
        defer {
            free(name)
            free(value)
        }
        guard let place, let name, let value else { break }
        found.append((String(cString: name), String(cString: value)))
        next = mosquitto_property_next(place)
    }
    return found
}

/// A text property; nil if it is not there, or not UTF-8.
func stringProperty(_ list: OpaquePointer?, _ identifier: mqtt5_property) -> String? {
    var value: UnsafeMutablePointer<CChar>?
    guard list != nil,
        mosquitto_property_read_string(list, Int32(identifier.rawValue), &value, false) != nil,
        let value
    else { return nil }
    defer { free(value) }
    return String(validatingCString: value)
}

/// A property of bytes; empty if it is not there.
func binaryProperty(_ list: OpaquePointer?, _ identifier: mqtt5_property) -> [UInt8] {
    var value: UnsafeMutableRawPointer?
    var length: UInt16 = 0
    guard list != nil,
        mosquitto_property_read_binary(list, Int32(identifier.rawValue), &value, &length, false)
            != nil,
        let value
    else { return [] }
    defer { free(value) }
    return Array(UnsafeRawBufferPointer(start: value, count: Int(length)))
}

/// A two-byte property; nil if it is not there.
func int16Property(_ list: OpaquePointer?, _ identifier: mqtt5_property) -> UInt16? {
    var value: UInt16 = 0
    let place = mosquitto_property_read_int16(list, Int32(identifier.rawValue), &value, false)
    return place == nil ? nil : value
}

/// A four-byte property; nil if it is not there.
func int32Property(_ list: OpaquePointer?, _ identifier: mqtt5_property) -> UInt32? {
    var value: UInt32 = 0
    let place = mosquitto_property_read_int32(list, Int32(identifier.rawValue), &value, false)
    return place == nil ? nil : value
}
