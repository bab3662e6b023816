using System.CommandLine;
using Sera.Host.Runs;

namespace Sera.Host.Commands;

/// <summary>Options that several verbs share; each call makes a new one, as a command line wants them.</summary>
internal static class CommonOptions
{
    public static Option<bool> Json() => new("--json") { Description = "Answer with JSON and nothing else on standard output." };

    public static Option<string> Work() => new("--work")
    {
        Description = "Folder of all runs, their artifacts and their journal.",
        HelpName = "folder",
        DefaultValueFactory = _ => WorkFolder.Default,
    };

    public static Option<string[]> Set() => new("--set")
    {
        Description = "Override a key of the run file, for example --set loss.beta=0.2. May be repeated.",
        HelpName = "key=value",
        DefaultValueFactory = _ => [],
    };

    public static Option<long?> Seed(string description) => new("--seed") { Description = description, HelpName = "n" };

    /// <summary>Optional id of a run.</summary>
    public static Argument<string?> Run() => new("run")
    {
        Description = "Id of the run; the newest where none is given.",
        Arity = ArgumentArity.ZeroOrOne,
    };
}
