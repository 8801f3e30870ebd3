import Datasets
import Experiments
import Foundation
import Prompts

extension TaskOptions {
    /// The readout that answers rows with their own, if the command line or the task's folder asks for one.
    func ownReadout(_ asked: Readout?) -> Readout? {
        let found = asked ?? task.flatMap { ReadoutTask.readout(ofFolder: URL(fileURLWithPath: $0)) }
        return found.flatMap { Readout.ofLabels.contains($0) ? nil : $0 }
    }

    /// The task of such a readout, with what the command line says laid over the folder's own.
    func source(_ readout: Readout, target: String) throws -> ReadoutTask {
        if question.words != nil {
            throw UsageError("--words go with labels; the readout \(readout.rawValue) has none")
        }
        let template = try question.parsedTemplate()
        if template != nil, readout != .text {
            throw UsageError(
                "--template goes with --readout text; \(readout.rawValue) asks with the rows' fields alone")
        }
        var source: ReadoutTask
        if let task {
            source = try ReadoutTask(folder: URL(fileURLWithPath: task), readout: readout, template: template)
        } else {
            let file = URL(fileURLWithPath: data ?? train ?? "")
            source = try ReadoutTask(
                name: file.deletingPathExtension().lastPathComponent, readout: readout, template: template,
                pool: file)
        }
        if let train {
            source.pool = URL(fileURLWithPath: train)
            source.dev = nil
        }
        if let dev { source.dev = URL(fileURLWithPath: dev) }
        if let test { source.test = URL(fileURLWithPath: test) }
        if let name { source.name = name }
        source.target = target
        source.mapping = try rows.mapping(needsLabel: false)
        for file in [source.pool, source.dev, source.test].compactMap(\.self) {
            try InputFile(file.relativePath).check()
        }
        return source
    }
}
