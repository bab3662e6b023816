using Sera.Host.Reports;
using Sera.Model.Alignment;
using Xunit;

namespace Sera.Host.Tests.Reports;

public sealed class SelectionFactsTests
{
    [Fact]
    public void The_report_says_which_pairs_are_kept()
    {
        var plain = SampleRun.Data.Options;
        Assert.Equal("70 % of the offline pairs from round 2 on, ensemble weight 0.3", Of(plain.Selection));
        Assert.Equal("1,500 of the offline pairs from round 2 on, by the rule random, ensemble weight 0.3", Of(plain.Selection with { KeepPairs = 1500, Rule = "random" }));
        Assert.Equal(
            "offline pairs with a margin of -0.5 or more from round 2 on, ensemble weight 0.3",
            Of(plain.Selection with { Rule = "threshold", Threshold = -0.5 }));
        Assert.Equal(
            "none of the offline pairs from round 2 on, ensemble weight 0.3", SelectionFacts.Selection(plain with { TrainingData = TrainingData.OnPolicy }));

        string Of(SelectionOptions selection) => SelectionFacts.Selection(plain with { Selection = selection });
    }

    [Fact]
    public void The_report_says_how_pairs_are_made_of_responses()
    {
        var plain = SampleRun.Data.Options;
        Assert.Equal("4 responses a prompt, best against worst, 30 % of the prompts kept", Of(plain.Bootstrap));
        Assert.Equal("4 responses a prompt, best against second, 12 of the prompts kept", Of(plain.Bootstrap with { KeepPairs = 12, PairRule = "best-second" }));
        Assert.Equal("off", Of(plain.Bootstrap with { Keep = 0 }));
        Assert.Equal("off", SelectionFacts.Bootstrapping(plain with { TrainingData = TrainingData.Offline }));

        string Of(BootstrapOptions bootstrap) => SelectionFacts.Bootstrapping(plain with { Bootstrap = bootstrap });
    }
}
