//===----------------------------------------------------------------------===//
//
// This source file is not of the Swift Argument Parser open source project: it
// stands for Utilities/Foundation.swift, so that no Foundation is linked.
//
//===----------------------------------------------------------------------===//

internal import JSON

extension Error {
  func describe() -> String { String(describing: self) }
}

enum JSONEncoder {
  static func encode<T: Encodable>(_ value: T) -> String {
    do {
      let encoder = JSON.JSONEncoder(isPretty: true)
      return String(decoding: try encoder.encode(value), as: UTF8.self)
    } catch {
      return ""
    }
  }
}
