using System.Text;
using Sera.Model.Checkpoints;

namespace Sera.Host.Experiments;

/// <summary>What an experiment leaves in its folder; a function of its results, so writing it again gives the same.</summary>
internal static class ExperimentOutputs
{
    public static void Write(ExperimentResults results, ExperimentFolder folder)
    {
        Put(folder.Runs, ExperimentCsv.Runs(results));
        Put(folder.Csv, ExperimentCsv.Table(results));
        Put(folder.Markdown, ExperimentTables.Markdown(results));
        Put(folder.Report, ExperimentHtml.Page(results));
        Put(folder.Results, ExperimentJson.Write(results));
    }

    private static void Put(string path, string text) => DurableFile.Write(path, stream => stream.Write(Encoding.UTF8.GetBytes(text)));
}
