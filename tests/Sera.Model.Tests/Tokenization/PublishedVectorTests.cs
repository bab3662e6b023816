using System.Globalization;
using System.Text.Json;
using Microsoft.ML.Tokenizers;
using Sera.Model.Tokenization;
using Xunit;

namespace Sera.Model.Tests.Tokenization;

/// <summary>Ids that other implementations published for real vocabularies.</summary>
public class PublishedVectorTests
{
    private const string Separator = "\n__ggml_vocab_test__\n";

    [SharedFact]
    public void Gpt2_gives_the_ids_of_its_vectors() => AgreesWithVectors("gpt2");

    [SharedFact]
    public void Pythia_gives_the_ids_of_its_vectors() => AgreesWithVectors("pythia");

    [SharedFact]
    public void TinyLlama_gives_the_ids_of_its_vectors() => AgreesWithVectors("tinyllama");

    [SharedFact]
    public void Mistral_gives_the_ids_of_its_vectors() => AgreesWithVectors("mistral_v1");

    [SharedFact]
    public void Gpt2_gives_the_ids_llama_cpp_published() => AgreesWithPublished("gpt2");

    [SharedFact]
    public void Pythia_gives_the_ids_llama_cpp_published() => AgreesWithPublished("pythia");

    [SharedFact]
    public void TinyLlama_gives_the_ids_llama_cpp_published() => AgreesWithPublished("tinyllama");

    [SharedFact]
    public void Stories260K_gives_the_ids_of_its_vectors_and_reads_its_end_tokens()
    {
        var tokenizer = SharedTokenizers.Of("stories260K");
        using var cases = JsonDocument.Parse(File.ReadAllBytes(SharedData.PathOf("data", "stories260K", "tokenizer_vectors.json")));
        foreach (var each in cases.RootElement.EnumerateArray())
        {
            Assert.Equal(Ids(each.GetProperty("ids_with_bos")), tokenizer.Encode(each.GetProperty("text").GetString()!));
        }

        Assert.Equal(58, cases.RootElement.GetArrayLength());
        Assert.Equal((512, 1, 2), (tokenizer.VocabularySize, tokenizer.BosId!.Value, tokenizer.EosId!.Value));
        Assert.Equal([2, 1], tokenizer.StopIds.ToArray());
    }

    [SharedFact]
    public void Gpt2_and_Microsoft_ML_Tokenizers_agree_on_a_megabyte_of_Shakespeare()
    {
        using var tokenizerJson = JsonDocument.Parse(File.ReadAllBytes(SharedData.PathOf("data", "tokenizers", "gpt2", "tokenizer.json")));
        var model = tokenizerJson.RootElement.GetProperty("model");
        using var folder = new TemporaryFolder();
        var vocab = folder.Write("vocab.json", model.GetProperty("vocab").GetRawText());
        var merges = folder.Write("merges.txt", "#version: 0.2\n" + string.Join('\n', model.GetProperty("merges").EnumerateArray().Select(merge => merge.GetString())));
        var other = CodeGenTokenizer.Create(File.OpenRead(vocab), File.OpenRead(merges));
        // The other tokenizer has tokens of its own for runs of spaces.
        var words = File.ReadAllText(SharedData.PathOf("data", "corpus", "tinyshakespeare.txt")).Split(' ', StringSplitOptions.RemoveEmptyEntries);
        var text = string.Join(' ', words);
        Assert.Equal(other.EncodeToIds(text, considerPreTokenization: true, considerNormalization: true), SharedTokenizers.Of("gpt2").Encode(text));
    }

    [SharedFact]
    public void TinyLlama_and_its_SentencePiece_model_agree_on_Shakespeare()
    {
        using var stream = File.OpenRead(SharedData.PathOf("data", "tokenizers", "tinyllama", "tokenizer.model"));
        var other = LlamaTokenizer.Create(stream, addBeginOfSentence: true, addEndOfSentence: false);
        var ours = SharedTokenizers.Of("tinyllama");
        foreach (var line in File.ReadLines(SharedData.PathOf("data", "corpus", "tinyshakespeare.txt")).Where(line => line.Length > 0).Take(2000))
        {
            Assert.Equal(other.EncodeToIds(line), ours.Encode(line));
        }
    }

    private static void AgreesWithVectors(string name)
    {
        var tokenizer = SharedTokenizers.Of(name);
        using var vectors = JsonDocument.Parse(File.ReadAllBytes(SharedData.PathOf("data", "tokenizers", name, "vectors.json")));
        var wrong = new List<string>();
        foreach (var each in vectors.RootElement.GetProperty("cases").EnumerateArray())
        {
            var text = each.GetProperty("text").GetString()!;
            if (!Ids(each.GetProperty("ids")).SequenceEqual(WithoutBos(tokenizer, text)))
            {
                wrong.Add($"{JsonSerializer.Serialize(text)} gave {string.Join(' ', WithoutBos(tokenizer, text))}, not {each.GetProperty("ids").GetRawText()}");
            }
        }

        Assert.Empty(wrong);
        Assert.True(vectors.RootElement.GetProperty("cases").GetArrayLength() > 50);
    }

    private static void AgreesWithPublished(string name)
    {
        var tokenizer = SharedTokenizers.Of(name);
        var texts = File.ReadAllText(SharedData.PathOf("data", "tokenizers", name, "published.inp")).Split(Separator)[..^1];
        var lines = File.ReadAllText(SharedData.PathOf("data", "tokenizers", name, "published.out")).TrimEnd('\n').Split('\n');
        Assert.Equal(texts.Length, lines.Length);
        foreach (var (text, line) in texts.Zip(lines))
        {
            var ids = line.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(id => int.Parse(id, CultureInfo.InvariantCulture));
            Assert.Equal(ids, WithoutBos(tokenizer, text));
        }
    }

    private static IEnumerable<int> WithoutBos(HfTokenizer tokenizer, string text) => tokenizer.Encode(text).Skip(tokenizer.BosId is null ? 0 : 1);

    private static int[] Ids(JsonElement ids) => [.. ids.EnumerateArray().Select(id => id.GetInt32())];
}
