import ArgumentParser
import Datasets

/// How the columns of data files are read.
struct RowOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Which column is which field: 'text=review,label=sentiment'.", valueName: "mapping"))
    var columns: String?

    @Option(help: ArgumentHelp("What the files' labels mean: '0=negative,1=positive'.", valueName: "mapping"))
    var labels: String?

    /// The mapping that the options describe.
    func mapping(needsLabel: Bool = true) throws -> RowMapping {
        var mapping = try RowMapping(columns: columns ?? "", labelNames: labels ?? "")
        mapping.needsLabel = needsLabel
        return mapping
    }
}
