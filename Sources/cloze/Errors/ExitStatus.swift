import ArgumentParser

/// What the process leaves to its caller; the numbers are those of `sysexits.h` where it has one.
enum ExitStatus: Int32 {
    case success = 0
    /// An argument is wrong.
    case usage = 64
    /// A file's contents are wrong.
    case badData = 65
    /// A file is not there.
    case missingInput = 66
    /// This version or this model cannot do what is asked.
    case unavailable = 69
    /// A bug of ours.
    case internalError = 70
    /// Something could not be written.
    case inputOutput = 74
    /// Parts that are sound by themselves do not fit together.
    case badConfiguration = 78
    /// A gate of `--require` is not met.
    case gateNotMet = 100
    /// A run that was made again has other numbers.
    case differs = 101
    /// Ctrl-C.
    case interrupted = 130

    /// For the help of the program.
    static let help = """
        EXIT STATUS
          0    success
          64   a wrong argument, template or label word
          65   wrong contents of a data, model, tokenizer or prompt file
          66   a file is missing
          69   this model or this version cannot do what is asked
          70   a bug in cloze
          74   something could not be written
          78   parts do not fit together, such as a prompt and another model
          100  a gate of --require was not met
          101  a run that was made again has other numbers
          130  stopped by Ctrl-C
        """
}

/// An argument that is wrong in a way that ArgumentParser cannot see.
struct UsageError: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}

/// A gate that the measured value does not meet.
struct GateNotMet: Error, CustomStringConvertible {
    let gate: String
    let value: Double

    var description: String { "the gate \(gate) is not met: it is \(Figures.decimal(value, 4))" }
}

/// A run that was made again and has other numbers.
struct RunDiffers: Error, CustomStringConvertible {
    let run: String

    var description: String { "run \(run) did not come to the same numbers" }
}
