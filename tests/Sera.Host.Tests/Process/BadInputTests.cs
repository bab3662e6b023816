using System.Buffers.Binary;
using System.Text;
using Sera.Testing;
using Sera.Testing.Processes;
using Xunit;

namespace Sera.Host.Tests.Process;

/// <summary>Bad input ends with exit code 2 and one line that names the place; nothing is written.</summary>
public sealed class BadInputTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly string _policy;

    public BadInputTests() => _policy = TinyPolicy.Write(_folder);

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task No_such_run_file() => await RefusedAsync(Path.Combine(_folder.Path, "none.conf"), "none.conf: there is no such file");

    [Fact]
    public async Task No_such_data_file() => await RefusedAsync(TinyPolicy.RunFile(_folder), "pairs.jsonl");

    [Theory]
    [InlineData("{\"prompt\":\"Q?\",\"chosen\":", "broken JSON")]
    [InlineData("{\"prompt\":\"Q?\",\"chosen\":\"\",\"rejected\":\" b\"}", "empty")]
    [InlineData("{\"prompt\":\"Q?\",\"chosen\":\" a\",\"rejected\":\" a\"}", "chosen")]
    public async Task A_bad_row_names_its_line(string row, string found)
    {
        Pairs(17, row);
        await RefusedAsync(TinyPolicy.RunFile(_folder), "pairs.jsonl:17: ", found);
    }

    [Fact]
    public async Task A_prompt_longer_than_the_context_names_its_line()
    {
        Pairs(5, $$"""{"prompt":"{{new string('x', 200)}}","chosen":" a","rejected":" b"}""");
        await RefusedAsync(TinyPolicy.RunFile(_folder), "pairs.jsonl:5: a prompt of ", $"fewer than {TinyPolicy.Context}");
    }

    [Theory]
    [InlineData("sera.lossy.beta = 1", "run.conf:8: unknown key 'sera.lossy.beta'")]
    [InlineData("sera.selection.keep = 0", "run.conf:8: sera.selection.keep is '0'")]
    [InlineData("sera.selection.ensemble = 1.5", "run.conf:8: sera.selection.ensemble is '1.5'")]
    [InlineData("sera.selection.threshold = 0.5", "run.conf:8: sera.selection.threshold is '0.5'")]
    [InlineData("sera.selection { keep = 0.5, keep-pairs = 9 }", "run.conf:8: sera.selection.keep is 0.5; expected only one of it and sera.selection.keep-pairs = 9")]
    [InlineData("sera.bootstrap.samples = 1", "run.conf:8: sera.bootstrap.samples is '1'")]
    [InlineData("sera.loss.beta = -0.1", "run.conf:8: sera.loss.beta is '-0.1'")]
    [InlineData("sera.loss.target-margin = -1", "run.conf:8: sera.loss.target-margin is '-1'")]
    [InlineData("sera.sampling.max-new-tokens = 65", "run.conf:8: sera.sampling.max-new-tokens is 65")]
    [InlineData("sera.loss { name = sr-dpo, refinement-prompt = \"Give the very best answer that there is to this.\" }", "run.conf:8: sera.loss.refinement-prompt is")]
    [InlineData("sera.training.reward-prefix = \"An answer that a judge rates {score} of ten: \"", "run.conf:8: sera.training.reward-prefix is")]
    [InlineData("sera { training.reward-prefix = \"rated {score}: \", sampling.max-new-tokens = 60 }", "the policy's context of 64, less the longest prompt and training.reward-prefix")]
    [InlineData(
        "sera { loss { name = sr-dpo, refinement-prompt = \"Well answered:\" } bootstrap { source = segments, segment-tokens = 50 } }",
        "the policy's context of 64, less the longest pair and loss.refinement-prompt")]
    [InlineData("sera { loss.name = simpo, policies.score-base = policy }", "run.conf:8: sera.policies.score-base is")]
    [InlineData("sera { training { mode = lora } lora { targets = [q_prj] } }", "run.conf:8: sera.lora.targets is [\"q_prj\"]")]
    public async Task A_bad_option_names_its_line(string line, string expected)
    {
        Pairs();
        await RefusedAsync(TinyPolicy.RunFile(_folder, line), expected);
    }

    [Fact]
    public async Task A_loss_that_needs_votes_names_the_pair_that_has_none()
    {
        Pairs();
        await RefusedAsync(TinyPolicy.RunFile(_folder, "sera.loss.name = irepo"), "pairs.jsonl: pair 'line-1' has no chosen_win_rate", "loss.win-rate");
    }

    [Fact]
    public async Task A_work_folder_below_a_file_is_not_writable()
    {
        Pairs();
        var outcome = await SeraProcess.RunAsync("run", TinyPolicy.RunFile(_folder), "--work", Path.Combine(_folder.File("file", ""), "runs"));
        Assert.Equal(2, outcome.ExitCode);
        Assert.Contains("is a file, not a folder", Assert.Single(outcome.ErrorLines));
    }

    [Fact]
    public async Task Weights_cut_short() => await BadWeightsAsync(bytes => bytes[..^100]);

    [Fact]
    public async Task Weights_whose_header_lies_about_its_length() => await BadWeightsAsync(bytes =>
    {
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, ulong.MaxValue / 2);
        return bytes;
    });

    [Fact]
    public async Task Weights_that_overlap() => await BadWeightsAsync(bytes => Header(bytes, header =>
    {
        var second = header.IndexOf("data_offsets\":[", header.IndexOf("data_offsets\":[", StringComparison.Ordinal) + 1, StringComparison.Ordinal) + 15;
        return header[..second] + "0" + header[(second + 1)..];
    }));

    [Fact]
    public async Task Weights_of_another_shape() => await BadWeightsAsync(bytes => Header(bytes, header => header.Replace("\"shape\":[300,16]", "\"shape\":[150,32]", StringComparison.Ordinal)));

    private void Pairs(int badLine = 0, string bad = "")
    {
        var lines = TinyPolicy.Pairs(20);
        if (badLine > 0) lines[badLine - 1] = bad;
        _folder.File("pairs.jsonl", string.Join('\n', lines));
    }

    private async Task BadWeightsAsync(Func<byte[], byte[]> damage)
    {
        Pairs();
        var path = Path.Combine(_policy, "model.safetensors");
        var before = File.ReadAllBytes(path);
        var after = damage([.. before]);
        Assert.NotEqual(before, after);
        File.WriteAllBytes(path, after);
        await RefusedAsync(TinyPolicy.RunFile(_folder), "model.safetensors");
    }

    private static byte[] Header(byte[] bytes, Func<string, string> change)
    {
        var length = (int)BinaryPrimitives.ReadUInt64LittleEndian(bytes);
        var header = change(Encoding.UTF8.GetString(bytes, 8, length)).PadRight(length);
        Assert.Equal(length, header.Length);
        return [.. bytes[..8], .. Encoding.UTF8.GetBytes(header), .. bytes[(8 + length)..]];
    }

    private async Task RefusedAsync(string runFile, params string[] expected)
    {
        var work = Path.Combine(_folder.Path, "runs");
        var outcome = await SeraProcess.RunAsync("run", runFile, "--work", work);
        Assert.Equal(2, outcome.ExitCode);
        var line = Assert.Single(outcome.ErrorLines);
        Assert.All(expected, part => Assert.Contains(part, line));
        Assert.False(Directory.Exists(work));
        Assert.Empty(outcome.Out);
    }
}
