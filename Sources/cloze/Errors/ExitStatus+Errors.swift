import Checkpoints
import Datasets
import Experiments
import Foundation
import Models
import Prompts
import Tokenizers
import Training

/// The one place where the rooms' errors become exit codes.
extension ExitStatus {
    /// The code of an error.
    init(of error: any Error) {
        self =
            switch error {
            case let error as DatasetError: Self.of(error)
            case let error as TemplateError: Self.of(error.rule)
            case let error as VerbalizerError: Self.of(error)
            case let error as CheckpointError: Self.of(error.problem)
            case is ChatTemplateError: .badConfiguration
            case let error as TokenizerError: Self.of(error)
            case let error as ModelError: Self.of(error)
            case let error as PromptError: Self.of(error)
            case let error as DemonstrationError: Self.of(error)
            case is ChoiceError: .badData
            case let error as CalibrationError: Self.of(error)
            case let error as TrainingError: Self.of(error)
            case let error as ExperimentError: Self.of(error)
            case let error as RunStoreError: Self.of(error)
            case is RunDiffers: .differs
            case let error as StreamError: Self.of(error)
            case is UsageError: .usage
            case is GateNotMet: .gateNotMet
            case is CancellationError: .interrupted
            case let error as CocoaError: Self.of(error)
            default: .internalError
            }
    }

    private static func of(_ error: DatasetError) -> ExitStatus {
        switch error {
        case .unreadable: .missingInput
        case .unknownFormat, .badMapping, .duplicateLabel, .badCount, .unknownMetric: .usage
        case .empty, .rows, .foreignLabel, .notAList, .noLabels, .tooFewRows, .lengthsDiffer, .nothingToScore,
            .unscorable, .testChanged:
            .badData
        case .testAlreadyRead: .badConfiguration
        }
    }

    /// A template is an argument; what a row of data does to it is not.
    private static func of(_ rule: TemplateError.Rule) -> ExitStatus {
        switch rule {
        case .missingField, .inputTooLong: .badData
        case .specialTokenMissing: .badConfiguration
        default: .usage
        }
    }

    private static func of(_ error: VerbalizerError) -> ExitStatus {
        switch error {
        case .noTokens, .unknownToken, .sameTokens: .badConfiguration
        default: .usage
        }
    }

    private static func of(_ problem: CheckpointError.Problem) -> ExitStatus {
        switch problem {
        case .cannotOpen, .notInCache, .shardMissing: .missingInput
        case .badRepositoryName: .usage
        case .cannotWrite: .inputOutput
        case .unsupportedType: .unavailable
        default: .badData
        }
    }

    private static func of(_ error: TokenizerError) -> ExitStatus {
        switch error {
        case .unreadable: .missingInput
        case .unknownKind, .unsupportedSetting: .unavailable
        default: .badData
        }
    }

    private static func of(_ error: ModelError) -> ExitStatus {
        switch error {
        case .unknownFamily, .unsupported: .unavailable
        default: .badData
        }
    }

    private static func of(_ error: PromptError) -> ExitStatus {
        switch error {
        case .missingFile: .missingInput
        case .exists, .notReplaced, .badSetting: .usage
        case .cannotWrite: .inputOutput
        case .otherModel, .otherTokenizer, .probeFailed: .badConfiguration
        case .unsupportedModel, .cannotCompile: .unavailable
        case .badCompiled: .badConfiguration
        default: .badData
        }
    }

    private static func of(_ error: DemonstrationError) -> ExitStatus {
        switch error {
        case .tooFewExamples, .labelWithoutExamples, .badLabel: .badData
        case .otherVectors: .badConfiguration
        default: .usage
        }
    }

    private static func of(_ error: CalibrationError) -> ExitStatus {
        switch error {
        case .tooFewRows, .precisionOutOfReach: .badData
        case .badPrecision, .choices: .usage
        }
    }

    private static func of(_ error: TrainingError) -> ExitStatus {
        switch error {
        case .badState: .badData
        case .noGradient: .internalError
        default: .badConfiguration
        }
    }

    private static func of(_ error: ExperimentError) -> ExitStatus {
        switch error {
        case .missingTask, .missingExperiment: .missingInput
        case .badTask: .badData
        case .badFile(.line, _), .unknownKey(_, .line, _), .badValue(_, _, _, .line), .missingKey: .badData
        case .alreadyRunning: .unavailable
        default: .usage
        }
    }

    private static func of(_ error: RunStoreError) -> ExitStatus {
        switch error {
        case .missing: .missingInput
        case .cannotOpen, .cannotWrite, .busy: .inputOutput
        case .laterVersion: .badConfiguration
        case .noRun, .ambiguous: .usage
        case .stillRunning, .cannotReproduce: .unavailable
        }
    }

    private static func of(_ error: StreamError) -> ExitStatus {
        switch error {
        // Whoever closed the pipe had enough; that is no failure of ours.
        case .closed: .success
        case .cannotWrite: .inputOutput
        }
    }

    private static func of(_ error: CocoaError) -> ExitStatus {
        switch error.code {
        case .fileNoSuchFile, .fileReadNoSuchFile, .fileReadNoPermission: .missingInput
        case .fileReadCorruptFile, .fileReadInapplicableStringEncoding: .badData
        default: .inputOutput
        }
    }
}
