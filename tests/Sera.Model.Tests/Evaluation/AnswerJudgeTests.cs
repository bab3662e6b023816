using Sera.Model.Data;
using Sera.Model.Evaluation;
using Xunit;

namespace Sera.Model.Tests.Evaluation;

public sealed class AnswerJudgeTests
{
    private static readonly AnswerCheck Seven = new("exact", ["7"]);
    private static readonly AnswerCheck SmallOrLittle = new("any", ["small", "little"]);
    private static readonly AnswerCheck TwoFruits = new("list", ["apple", "pear", "plum"], 2);

    [Theory]
    [InlineData("7", true)]
    [InlineData(" 7\n", true)]
    [InlineData("\t7\r\n", true)]
    [InlineData("7.", false)]
    [InlineData("77", false)]
    [InlineData("", false)]
    [InlineData(" 7 I hope this helps.", false)]
    [InlineData("\u00a07", false)]
    public void An_exact_answer_equals_the_one_answer_but_for_blanks_at_its_ends(string answer, bool right) =>
        Assert.Equal(right, AnswerJudge.IsRight(Seven, answer));

    [Theory]
    [InlineData(" small", true)]
    [InlineData(" little", true)]
    [InlineData(" Small", false)]
    [InlineData(" small little", false)]
    public void Any_of_the_answers_is_right(string answer, bool right) => Assert.Equal(right, AnswerJudge.IsRight(SmallOrLittle, answer));

    [Theory]
    [InlineData(" apple, pear", true)]
    [InlineData("plum,apple", true)]
    [InlineData(" pear , plum ", true)]
    [InlineData(" apple", false)]
    [InlineData(" apple, apple", false)]
    [InlineData(" apple, pear, plum", false)]
    [InlineData(" apple, cat", false)]
    [InlineData(" apple pear", false)]
    [InlineData(" apple, pear,", false)]
    [InlineData(" apple, pear I hope this helps.", false)]
    public void A_list_holds_so_many_different_items_of_the_set_in_any_order(string answer, bool right) =>
        Assert.Equal(right, AnswerJudge.IsRight(TwoFruits, answer));

    [Fact]
    public void A_check_that_cannot_work_says_why()
    {
        Assert.Null(AnswerJudge.Fault(Seven));
        Assert.Null(AnswerJudge.Fault(SmallOrLittle));
        Assert.Null(AnswerJudge.Fault(TwoFruits));
        Assert.Contains("regex", AnswerJudge.Fault(new AnswerCheck("regex", ["7"])), StringComparison.Ordinal);
        Assert.Contains("without answers", AnswerJudge.Fault(new AnswerCheck("any", [])), StringComparison.Ordinal);
        Assert.Contains("blanks", AnswerJudge.Fault(new AnswerCheck("exact", [" 7"])), StringComparison.Ordinal);
        Assert.Contains("2 answers", AnswerJudge.Fault(new AnswerCheck("exact", ["7", "8"])), StringComparison.Ordinal);
        Assert.Contains("comma", AnswerJudge.Fault(new AnswerCheck("list", ["a,b"], 1)), StringComparison.Ordinal);
        Assert.Contains("count 0", AnswerJudge.Fault(new AnswerCheck("list", ["a"])), StringComparison.Ordinal);
        Assert.Contains("count 2", AnswerJudge.Fault(new AnswerCheck("list", ["a", "a"], 2)), StringComparison.Ordinal);
    }
}
