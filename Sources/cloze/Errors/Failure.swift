import ArgumentParser
import Foundation

/// How the program ends when a command throws.
enum Failure {
    /// Says what went wrong, and ends the process.
    static func end(_ error: any Error) -> Never {
        let console = Console(.normal)
        guard isOurs(error) else { endParsing(error, console) }
        let status = ExitStatus(of: error)
        switch status {
        case .success, .interrupted: break
        case .internalError:
            console.error(
                "\(sentence(error))\nThis is a bug in cloze; please report it with the command you ran.")
        default: console.error(sentence(error))
        }
        exit(status.rawValue)
    }

    /// Help, version and what the parser itself refused: ArgumentParser knows what to say.
    private static func endParsing(_ error: any Error, _ console: Console) -> Never {
        let code = Cloze.exitCode(for: error)
        let message = Cloze.fullMessage(for: error)
        if code == .success {
            do { try Stream.output.print(message) } catch { exit(ExitStatus(of: error).rawValue) }
        } else if !message.isEmpty {
            try? Stream.messages.print(message)
        }
        exit(code.rawValue)
    }

    /// ArgumentParser's own errors are of types that it does not show.
    private static func isOurs(_ error: any Error) -> Bool {
        ExitStatus(of: error) != .internalError || Cloze.exitCode(for: error) == .failure
    }

    private static func sentence(_ error: any Error) -> String {
        switch error {
        case let error as CocoaError:
            let path = error.filePath.map { $0 + ": " } ?? ""
            return path
                + (error.underlying.map { "\($0.localizedDescription)" } ?? error.localizedDescription)
        default: return "\(error)"
        }
    }
}

extension CocoaError {
    fileprivate var underlying: (any Error)? {
        (self as NSError).userInfo[NSUnderlyingErrorKey] as? any Error
    }
}
