using Sera.Model.Data;
using Xunit;

namespace Sera.Model.Tests.Data;

public sealed class SharedPairsTests
{
    // Rows of each file, or the line at which strict reading stops. Messages are refused where no policy is given whose template writes them.
    private static readonly (string Name, int? Rows, int? Line, string? Reason)[] Files =
    [
        ("anthropic_mwe_persona", 6000, null, null),
        ("dpo_en_demo_multiturn", null, 1, BadRowReasons.File),
        ("gsm8k_correct_vs_incorrect", 438, null, null),
        ("hh_harmless", 1498, null, null),
        ("llmbar", null, 432, BadRowReasons.Identical),
        ("oasst_ranked_multiturn", null, 1, BadRowReasons.File),
        ("pandalm_human", 507, null, null),
        ("rasbt_instruction", null, 82, BadRowReasons.Identical),
        ("tinystories_real_vs_sampled", 143, null, null),
    ];

    [SharedFact]
    public void Every_shared_file_of_pairs_is_read_or_refused_at_the_right_line()
    {
        var folder = SharedData.PathOf("data", "pairs");
        Assert.Equal(Files.Select(file => file.Name), Directory.GetFiles(folder, "*.jsonl").Select(Path.GetFileNameWithoutExtension).Order(StringComparer.Ordinal));
        foreach (var (name, rows, line, reason) in Files)
        {
            var path = Path.Combine(folder, name + ".jsonl");
            if (rows is not null)
            {
                Assert.Equal(rows, RowReader.Pairs(path, BadRows.Refuse).Rows.Length);
                continue;
            }
            var error = Assert.Throws<InputException>(() => RowReader.Pairs(path, BadRows.Refuse));
            Assert.StartsWith($"{path}:{line}: ", error.Message, StringComparison.Ordinal);
            Assert.Equal(reason, RowReader.Any(path).Problems[0].Reason);
        }
    }

    [SharedFact]
    public void Identical_pairs_are_dropped_when_asked()
    {
        var texts = RowReader.Pairs(SharedData.PathOf("data", "pairs", "rasbt_instruction.jsonl"), BadRows.Drop);
        Assert.Equal([82, 160, 292, 419, 470], texts.Problems.Select(problem => problem.Line));
        Assert.Equal(819, texts.Rows.Length);
    }

    [SharedFact]
    public void Published_transcripts_split_into_the_same_prompts_and_responses_to_the_last_blank()
    {
        var packed = RowReader.Pairs(SharedData.PathOf("data", "pairs", "hh_harmless.transcripts.jsonl.gz"), BadRows.Refuse);
        var plain = RowReader.Pairs(SharedData.PathOf("data", "pairs", "hh_harmless.jsonl"), BadRows.Refuse);
        Assert.Equal(RowShape.Transcripts, packed.Shape);
        Assert.Equal(1498, packed.Rows.Length);
        Assert.Equal(plain.Rows.Select(row => (row.Prompt, row.Chosen, row.Rejected)), packed.Rows.Select(row => (row.Prompt, row.Chosen, row.Rejected)));
    }
}
