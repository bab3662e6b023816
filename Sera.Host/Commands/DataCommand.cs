using System.CommandLine;

namespace Sera.Host.Commands;

/// <summary>sera data: everything about data files before a run.</summary>
internal static class DataCommand
{
    public static Command Create(CommandContext context) => new("data", "Look at, check, convert and make data files.")
    {
        DataInspectCommand.Create(context),
        DataPreviewCommand.Create(context),
        DataValidateCommand.Create(context),
        DataConvertCommand.Create(context),
        DataMakeCommand.Create(context),
        DataTokenizerCommand.Create(context),
    };
}
