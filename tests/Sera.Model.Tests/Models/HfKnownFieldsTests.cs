using Sera.Model.Models.Llama;
using Sera.Model.Tests.Checkpoints;
using Xunit;

namespace Sera.Model.Tests.Models;

public class HfKnownFieldsTests
{
    [Fact]
    public void Fields_that_nobody_here_knows_are_named_once_in_the_order_of_the_file()
    {
        using var folder = new TemporaryFolder();
        Directory.CreateDirectory(folder["p"]);
        var path = Path.Combine(folder["p"], "config.json");
        File.WriteAllText(path, """{"model_type":"llama","zeta":1,"hidden_size":16,"alpha_dropout":{"x":2},"zeta":2,"rope_theta":1e4}""");
        Assert.Equal(["zeta", "alpha_dropout"], HfKnownFields.UnknownIn(path).ToArray());
    }

    [SharedFact]
    public void Published_configs_have_none()
    {
        foreach (var path in Directory.GetFiles(SharedData.PathOf("data", "model_configs"), "config.json", SearchOption.AllDirectories))
            Assert.Equal([], HfKnownFields.UnknownIn(path).ToArray());
    }
}
