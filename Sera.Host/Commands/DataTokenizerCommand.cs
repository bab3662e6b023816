using System.CommandLine;
using System.Text.Json;
using Sera.Host.Runs;
using Sera.Model.Data;
using Sera.Model.Data.Sources;
using Sera.Model.Tokenization;

namespace Sera.Host.Commands;

/// <summary>sera data tokenizer: a byte-level BPE tokenizer learned from files of text or of rows.</summary>
internal static class DataTokenizerCommand
{
    public static Command Create(CommandContext context)
    {
        var files = new Argument<string[]>("files")
        {
            Description = "Text files, a text a line, or files, folders and globs of rows, of which every prompt and response is a text.",
            Arity = ArgumentArity.OneOrMore,
        };
        var output = new Option<string>("--out") { Description = "Folder for tokenizer.json and tokenizer_config.json.", HelpName = "folder", Required = true };
        var size = new Option<int>("--vocabulary")
        {
            Description = "Tokens in all: special ones, 256 bytes, merges.",
            HelpName = "n",
            DefaultValueFactory = _ => 512,
        };
        var eos = new Option<string>("--eos") { Description = "Token that ends a text.", HelpName = "text", DefaultValueFactory = _ => "<|end|>" };
        var bos = new Option<string?>("--bos") { Description = "Token put before every text; none where it is not given.", HelpName = "text" };
        var json = CommonOptions.Json();
        var command = new Command("tokenizer", "Train a byte-level BPE tokenizer from files.") { files, output, size, eos, bos, json };
        command.SetAction(parsed =>
        {
            var options = new BpeTrainerOptions(parsed.GetValue(size), parsed.GetValue(eos)!, parsed.GetValue(bos), []);
            var folder = parsed.GetValue(output)!;
            var made = BpeTrainer.Train(parsed.GetValue(files)!.SelectMany(Texts), options, folder);
            context.Out.WriteLine(parsed.GetValue(json)
                ? JsonSerializer.Serialize(new { folder, vocabulary = made }, HostJson.Indented)
                : $"{Path.Combine(folder, "tokenizer.json")}  {made} tokens");
            return ExitCode.Done;
        });
        return command;
    }

    private static IEnumerable<string> Texts(string path)
    {
        if (!File.Exists(path) || DataFiles.IsData(path))
        {
            var rows = RowReader.Any(path);
            if (rows.Problems.Length > 0) throw rows.Problems[0].Error;
            return rows.Rows.SelectMany(row => row switch
            {
                TextPair pair => [pair.Prompt + pair.Chosen, pair.Prompt + pair.Rejected],
                TextExample example => (string[])[example.Prompt + example.Response],
                _ => [row.Prompt],
            });
        }
        return File.ReadLines(path);
    }
}
