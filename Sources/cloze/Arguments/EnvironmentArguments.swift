import ArgumentParser
import Foundation

/// Flags by environment: `CLOZE_MODEL=x` is `--model x` for every subcommand that has such an option.
///
/// What stands on the command line wins. The names are taken from ArgumentParser's own description of the program, so
/// that an option cannot be forgotten here.
struct EnvironmentArguments {
    private static let prefix = "CLOZE_"

    private let values: [String: String]

    /// The variables of an environment that begin with `CLOZE_`.
    init(_ environment: [String: String] = ProcessInfo.processInfo.environment) {
        values = environment.filter { $0.key.hasPrefix(Self.prefix) }
    }

    /// The arguments with what the environment adds to them, right behind the subcommand.
    ///
    /// - Throws: ``UsageError`` for a switch that is set to neither yes nor no.
    func expand(_ arguments: [String]) throws -> [String] {
        guard !values.isEmpty else { return arguments }
        // `cloze runs list` is two words.
        var (path, commands, found) = ([String](), Self.commands(), Description.Command?.none)
        for name in arguments {
            guard let next = commands.first(where: { $0.commandName == name }) else { break }
            path.append(name)
            (commands, found) = (next.subcommands ?? [], next)
        }
        guard let command = found else { return arguments }
        var added: [String] = []
        for argument in command.arguments ?? [] {
            guard let long = argument.names?.first(where: { $0.kind == "long" })?.name,
                let value = values[Self.variable(long)], !isGiven(argument, arguments)
            else { continue }
            switch argument.kind {
            case "option": added += ["--\(long)", value]
            case "flag": if let flag = try Self.flag(long, argument, value) { added.append(flag) }
            default: break
            }
        }
        return path + added + arguments.dropFirst(path.count)
    }

    private static func variable(_ long: String) -> String {
        prefix + long.uppercased().replacingOccurrences(of: "-", with: "_")
    }

    private func isGiven(_ argument: Description.Argument, _ arguments: [String]) -> Bool {
        let spellings = (argument.names ?? []).map { ($0.kind == "long" ? "--" : "-") + $0.name }
        return arguments.prefix { $0 != "--" }.contains { given in
            spellings.contains { given == $0 || given.hasPrefix($0 + "=") }
        }
    }

    /// The switch that a value stands for: itself, its opposite if it has one, or nothing.
    private static func flag(_ long: String, _ argument: Description.Argument, _ value: String) throws
        -> String?
    {
        if try isYes(value, variable(long)) { return "--\(long)" }
        let opposite = "no-\(long)"
        return argument.names?.contains { $0.name == opposite } == true ? "--\(opposite)" : nil
    }

    private static func isYes(_ value: String, _ variable: String) throws -> Bool {
        switch value.lowercased() {
        case "1", "true", "yes", "on": true
        case "0", "false", "no", "off", "": false
        default: throw UsageError("\(variable) is '\(value)'; write 1 or 0")
        }
    }

    // MARK: ArgumentParser's description

    private struct Description: Decodable {
        struct Name: Decodable {
            var kind: String
            var name: String
        }
        struct Argument: Decodable {
            var kind: String
            var names: [Name]?
        }
        struct Command: Decodable {
            var commandName: String
            var arguments: [Argument]?
            var subcommands: [Command]?
        }
        var command: Command
    }

    private static func commands() -> [Description.Command] {
        do {
            _ = try Cloze.parseAsRoot(["--experimental-dump-help"])
            return []
        } catch {
            let text = Cloze.fullMessage(for: error)
            let description = try? JSONDecoder().decode(Description.self, from: Data(text.utf8))
            return description?.command.subcommands ?? []
        }
    }
}
