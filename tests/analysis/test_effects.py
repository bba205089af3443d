"""Effects within activities, against other programs' numbers and against what was planted."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from statsmodels.formula.api import mixedlm, ols
from statsmodels.regression.linear_model import OLS
from statsmodels.stats.anova import anova_lm

from runsous.analysis import effects
from runsous.analysis.correlation import repeated_measures
from tests.analysis.make_efforts import make_efforts

SPEED, HEART, CADENCE = effects.OUTCOMES
TEMPO, ENERGY = effects.DOSES

CURVES = {
    "straight": lambda t: 2 * t - 1,
    "curved": lambda t: np.sin(np.pi * (t - 0.5)),
    "accelerating": lambda t: 2 * t**3 - 1,
    "warming up": lambda t: 1 - 2 * np.exp(-6 * t),
    "stepped thirds": lambda t: np.floor(3 * t) - 1,
}


def written_out(rows, outcome, dose, step):
    """The model with every level and course as a column of its own, fitted by statsmodels."""
    table = rows.assign(y=rows[outcome], x=rows[dose] / step)
    terms = {4: 3, 5: 3, 8: 4, 14: 6}
    courses = []
    for number, n in rows.groupby("activity_id").size().items():
        for power in range(terms[n]):
            courses.append(f"c{number}_{power}")
            is_its = rows["activity_id"] == number
            table[courses[-1]] = is_its * rows["elapsed_share"] ** power
    return ols(f"y ~ 0 + x + grade + warm_up + {' + '.join(courses)}", table).fit()


def surest(fit, activity):
    """Interval and p by least squares, or by leaving out one activity after the other where that
    variance is larger than usual; no song is heard twice.
    """
    at = fit.model.exog_names.index("x")
    others = np.delete(fit.model.exog, at, axis=1)
    x, y = (OLS(each, others).fit().resid for each in (fit.model.exog[:, at], fit.model.endog))
    numbers = activity.unique()
    each = [OLS(y[activity != one], x[activity != one]).fit().params[0] for one in numbers]
    weights = np.array([np.square(x[activity == one]).sum() for one in numbers])
    slope, n = fit.params["x"], len(numbers)
    error = np.sqrt((n - 1) / n * np.square(np.array(each) - slope).sum())
    # One activity alone, if nearly all the dose is its own, leaves no less than one.
    df = max(weights.sum() ** 2 / np.square(weights).sum() - 1, 1)
    if (error / fit.bse["x"]) ** 2 <= stats.chi2.ppf(0.8, n - 1) / (n - 1):
        error, df = fit.bse["x"], fit.df_resid
    reach = stats.t.ppf(0.975, df) * error
    return slope - reach, slope + reach, 2 * stats.t.sf(abs(slope) / error, df)


@pytest.mark.parametrize("outcome", [SPEED, HEART])
@pytest.mark.parametrize("dose", [TEMPO, ENERGY])
def test_slope_interval_and_p_are_those_of_the_model_written_out(outcome, dose):
    rows = make_efforts([14, 5, 4, 8, 8], seed=5)
    # Three songs compare nothing, and must not count.
    found = effects.effect(
        pd.concat([rows, make_efforts([3], activity_id=99)], ignore_index=True), dose, outcome
    )
    plain = written_out(rows, outcome.column, dose.column, dose.step)
    low, high, p = surest(plain, rows["activity_id"])
    assert found.estimate == pytest.approx(plain.params["x"])
    assert (found.low, found.high) == pytest.approx((low, high))
    assert found.p == pytest.approx(p)
    assert (found.n_songs, found.n_activities) == (39, 5)


def test_clear_levels_of_a_playlist_are_columns_of_their_own():
    rows = make_efforts([14, 5, 8, 8], seed=5)
    is_its = rows["activity_id"] == 11
    # Of the longest activity alone: it has room for them.
    rises = 20.0 * (rows["index"] >= 4) + 30.0 * (rows["index"] >= 10)
    tempo = (130 + 0.1 * (rows["tempo_bpm"] - 150)).where(is_its, rows["tempo_bpm"])
    rows = rows.assign(tempo_bpm=tempo + rises.where(is_its, 0))
    found = effects.effect(rows, TEMPO, HEART)
    terms = ["x", "grade", "warm_up", "second", "third"]
    table = rows.assign(
        y=rows["heartrate"],
        x=rows["tempo_bpm"] / 10,
        second=is_its & (rows["index"] >= 4),
        third=is_its & (rows["index"] >= 10),
    )
    for number, n in {11: 6, 12: 3, 13: 4, 14: 4}.items():
        for power in range(n):
            terms.append(f"c{number}_{power}")
            table[terms[-1]] = (table["activity_id"] == number) * table["elapsed_share"] ** power
    plain = ols(f"y ~ 0 + {' + '.join(terms)}", table.astype("float64")).fit()
    assert found.estimate == pytest.approx(plain.params["x"])
    assert (found.low, found.high) == pytest.approx(surest(plain, rows["activity_id"])[:2])


def test_what_is_planted_is_found_to_the_last_digit_whatever_levels_courses_and_hills():
    rows = make_efforts([6, 9, 13, 4])
    time, number = rows["elapsed_share"], rows["activity_id"]
    told = rows.assign(
        heartrate=150
        + 5 * number
        + number * (time - 0.4)
        + 40 * rows["grade"]
        - 7 * rows["warm_up"]
        + 0.13 * rows["tempo_bpm"]
    )
    found = effects.effect(told, TEMPO, HEART)
    assert found.estimate == pytest.approx(1.3)
    assert (found.low, found.high) == pytest.approx((1.3, 1.3))
    assert found.null.p < 0.01


def test_energy_is_told_for_a_tenth_and_tempo_for_ten_beats():
    rows = make_efforts([8, 8, 8])
    rows = rows.assign(cadence=rows["tempo_bpm"] * 0.2 + rows["energy"] * 30)
    assert TEMPO.step == 10
    assert ENERGY.step == 0.1
    by_energy = rows.assign(cadence=rows["energy"] * 30)
    assert effects.effect(by_energy, ENERGY, CADENCE).estimate == pytest.approx(3)
    by_tempo = rows.assign(cadence=rows["tempo_bpm"] * 0.2)
    assert effects.effect(by_tempo, TEMPO, CADENCE).estimate == pytest.approx(2)


def test_the_repeated_measures_correlation_is_that_of_the_analysis_of_covariance():
    rows = make_efforts([4, 7, 12, 3])
    rows = rows.assign(heartrate=rows["heartrate"] - 0.08 * rows["tempo_bpm"])
    found = repeated_measures(
        *(rows[name].to_numpy() for name in ("activity_id", "tempo_bpm", "heartrate"))
    )
    fit = ols("heartrate ~ C(activity_id) + tempo_bpm", rows).fit()
    told = anova_lm(fit, typ=2)["sum_sq"]
    r = np.sign(fit.params["tempo_bpm"]) * np.sqrt(
        told["tempo_bpm"] / (told["tempo_bpm"] + told["Residual"])
    )
    # 26 songs in 4 activities leave 21; Fisher's interval as Bakdash and Marusich give it.
    reach = 1.959963985 / np.sqrt(21 - 1)
    expected = r, np.tanh(np.arctanh(r) - reach), np.tanh(np.arctanh(r) + reach)
    assert r < -0.1
    assert found == pytest.approx(expected)
    assert effects.effect(rows, TEMPO, HEART).correlation == pytest.approx(expected)


def test_balanced_and_centred_a_mixed_model_has_the_same_slope():
    rows = make_efforts([6] * 8, grade=0.0, warm_up=0.0)
    time = np.linspace(0.1, 0.9, 6)
    # The same tempos on each activity, with neither level nor line nor parabola in them.
    tempo = 150 + np.array([10.0, -30.0, 20.0, 20.0, -30.0, 10.0])
    rows = rows.assign(elapsed_share=np.tile(time, 8), tempo_bpm=np.tile(tempo, 8))
    # As the activities' levels differ a lot, the search for their spread ends inside its bounds.
    rows = rows.assign(heartrate=rows["heartrate"] + 10 * rows["activity_id"])
    mixed = mixedlm("heartrate ~ tempo_bpm", rows, groups="activity_id").fit()
    found = effects.effect(rows, TEMPO, HEART)
    assert found.estimate == pytest.approx(10 * mixed.params["tempo_bpm"], rel=1e-4)


def test_tempos_are_compared_in_the_shown_octave():
    told = [55.0, 90.0, 100.0, 150.0, 199.9, 200.0, 240.0]
    shown = [110, 180, 100, 150, 199.9, 100, 120]
    assert effects.folded(np.array(told)).tolist() == pytest.approx(shown)
    none = effects.folded(np.array([0, 39, 251, np.nan, -5, np.inf]))
    assert np.isnan(none).all()
    rows = make_efforts([8, 8, 8])
    halved = rows.assign(
        tempo_bpm=rows["tempo_bpm"].where(rows.index % 2 == 0, rows["tempo_bpm"] / 2)
    )
    one, two = (effects.effect(each, TEMPO, HEART) for each in (rows, halved))
    assert two.estimate == pytest.approx(one.estimate)


def test_songs_whose_tempo_is_rather_wrong_than_right_do_not_count():
    rows = make_efforts([6, 6, 6])
    rows.loc[[0, 6, 12], "tempo_confidence"] = [0.49, 0.5, np.nan]
    assert effects.effect(rows, TEMPO, HEART).n_songs == 17
    # What is known of a song's energy has nothing to do with it.
    assert effects.effect(rows, ENERGY, HEART).n_songs == 18


@pytest.mark.parametrize(
    ("n_songs", "has_enough"),
    [([4, 4, 4], True), ([5, 5, 5], True), ([6, 6], False), ([20, 20, 3], False), ([], False)],
)
def test_enough_are_eight_songs_in_three_activities_that_have_four_each(n_songs, has_enough):
    rows = make_efforts(n_songs, grade=0.0, warm_up=0.0)
    found = effects.effect(rows, TEMPO, HEART)
    # Three activities of four songs leave three degrees of freedom less one for the tempo.
    is_enough = has_enough and sum(n_songs) > 12
    assert found.has_enough is is_enough
    assert (found.missing is None) is is_enough
    if not is_enough:
        few = "12 songs in 3 activities are too few once" if has_enough else "At least 8 songs in 3"
        assert found.missing.startswith(few)
        assert found.estimate is found.low is found.p is found.null is found.correlation is None


def missing(rows, dose=TEMPO, outcome=HEART):
    found = effects.effect(rows, dose, outcome)
    assert not found.has_enough
    return found.missing.partition("; there are ")[2]


def test_what_is_missing_is_why_songs_do_not_count():
    rows = make_efforts([6] * 4)
    assert missing(make_efforts([3] * 10)) == (
        "0 in 0. 30 more songs are on 10 activities with fewer than 4."
    )
    assert missing(make_efforts([6, 6, 1])) == (
        "12 in 2. 1 more song is on an activity with fewer than 4."
    )
    for column, dose, why in (
        ("heartrate", TEMPO, "No heart rate was measured during any of the 24 songs."),
        ("tempo_bpm", TEMPO, "No tempo is known of any of the 24 songs."),
        ("energy", ENERGY, "No energy is known of any of the 24 songs."),
    ):
        assert missing(rows.assign(**{column: np.nan}), dose) == f"0 in 0. {why}"
    no_cadence = missing(rows.assign(cadence=np.nan), TEMPO, CADENCE)
    assert no_cadence == "0 in 0. No cadence was measured during any of the 24 songs."
    guessed = missing(rows.assign(tempo_confidence=0.4))
    assert guessed == "0 in 0. All tempos that are known are guesses."
    assert missing(rows[:0]) == "0 in 0."


def test_songs_enough_by_number_can_be_too_few_beside_the_course_of_each():
    rows = make_efforts([4, 4, 4], grade=0.0, warm_up=0.0)
    assert effects.effect(rows, TEMPO, HEART).missing == (
        "12 songs in 3 activities are too few once the level and course of each activity, grade and"
        " warm-up are taken out: about 1 more song on these activities would do."
    )


def test_songs_that_all_have_one_tempo_compare_nothing():
    found = effects.effect(make_efforts([6, 6, 6], tempo_bpm=170.0), TEMPO, HEART)
    assert not found.has_enough
    assert "nothing to compare" in found.missing


def test_songs_without_a_heart_rate_are_left_out_of_its_effect_alone():
    rows = make_efforts([6, 6, 6, 6])
    rows.loc[rows["activity_id"] == 12, "heartrate"] = np.nan
    assert effects.effect(rows, TEMPO, HEART).n_activities == 3
    assert effects.effect(rows, TEMPO, SPEED).n_activities == 4


def test_the_false_discovery_rate_is_that_of_benjamini_and_hochberg():
    rows = make_efforts([7] * 6)
    rows = rows.assign(cadence=rows["cadence"] + 0.1 * rows["tempo_bpm"])
    nothing = replace(CADENCE, column="locked")
    found = effects.effects(rows.assign(locked=np.nan), TEMPO, (*effects.OUTCOMES, nothing))
    assert [each.outcome for each in found[:3]] == list(effects.OUTCOMES)
    assert (found[3].has_enough, found[3].q) == (False, None)
    p = [each.null.p for each in found[:3]]
    order = np.argsort(p)
    expected, lowest = [0.0] * 3, 1.0
    for rank in (3, 2, 1):
        lowest = min(lowest, p[order[rank - 1]] * 3 / rank)
        expected[order[rank - 1]] = lowest
    assert [each.q for each in found[:3]] == pytest.approx(expected)


def test_bands_are_those_of_the_model_written_out():
    tempos = np.repeat([110.0, 130, 150, 170, 190], [12, 13, 10, 17, 4])
    rows = make_efforts([14] * 4, tempo_bpm=np.random.default_rng(4).permutation(tempos))
    names = ["a", "b", "c", "d", "few"]
    table = rows.assign(band=pd.cut(rows["tempo_bpm"], TEMPO.edges, right=False, labels=names))
    counts = table["band"].value_counts()[names]
    courses = " + ".join(
        f"I((activity_id == {number}) * elapsed_share ** {power})"
        for number in (11, 12, 13, 14)
        for power in range(1, 6)
    )
    fit = ols(f"heartrate ~ band + C(activity_id) + {courses} + grade + warm_up", table).fit()
    found = effects.bands(rows, TEMPO, HEART)
    assert [(each.since, each.n_songs) for each in found] == list(
        zip(TEMPO.edges[:4], counts[:4], strict=True)
    )
    n_plain = 0
    for name, band in zip(names, found, strict=False):
        contrast = pd.Series(0.0, index=fit.params.index)
        for other in names[1:4]:
            is_it = float(other == name)
            contrast[f"band[T.{other}]"] = is_it - counts[other] / counts[:4].sum()
        told = fit.t_test(contrast.to_numpy())
        assert band.estimate == pytest.approx(told.effect[0])
        low, high = told.conf_int()[0]
        assert band.low <= low + 1e-9
        assert band.high >= high - 1e-9
        n_plain += band.high == pytest.approx(high)
    # The others are as sure as activities that differ let them be.
    assert n_plain >= 2


def test_bands_hold_all_of_what_is_planted_though_courses_take_some_away():
    rows = [make_efforts([8] * 40, seed, track_id=range(320)) for seed in range(30)]
    planted = [2.0, 0.0, -1.0, 0.0, 4.0]
    n_inside, off = 0, []
    for each in rows:
        band = np.digitize(each["tempo_bpm"], TEMPO.edges[1:-1])
        heart = each["heartrate"] + np.array(planted)[band]
        found = effects.bands(each.assign(heartrate=heart), TEMPO, HEART)
        mean = np.array(planted)[band].mean()
        n_inside += sum(
            b.low <= true - mean <= b.high for b, true in zip(found, planted, strict=True)
        )
        off.append([b.estimate - true + mean for b, true in zip(found, planted, strict=True)])
        assert np.dot([b.estimate for b in found], [b.n_songs for b in found]) == pytest.approx(0)
    # 95 % of 150, give or take three standard errors.
    assert 134 <= n_inside <= 150
    assert np.abs(np.mean(off, axis=0)).max() < 0.4


def test_a_band_of_fewer_than_eight_songs_is_not_told():
    tempo = np.tile([110.0, 150.0, 172.0, 154.0, 176.0, 158.0, 151.0], 8)
    tempo[0] = 150.0
    rows = make_efforts([7] * 8, tempo_bpm=tempo)
    assert [each.since for each in effects.bands(rows, TEMPO, HEART)] == [140, 160]


@pytest.mark.parametrize(
    "rows",
    [
        # Too little for an effect is too little for bands.
        make_efforts([20, 20]),
        make_efforts([4, 4, 4], tempo_bpm=[110.0, 150] * 6, grade=0.0, warm_up=0.0),
        make_efforts([8] * 6, tempo_bpm=170.0),
        make_efforts([8] * 6, tempo_bpm=np.tile([162.0, 178], 24)),
        # Slow songs on some activities and fast ones on others: none has both.
        make_efforts([8] * 6, tempo_bpm=np.repeat([[105.0, 125], [165, 185]], 12, axis=0).ravel()),
    ],
    ids=["two activities", "too short", "one tempo", "one band", "apart"],
)
def test_bands_that_cannot_be_compared_are_not_told(rows):
    assert effects.bands(rows, TEMPO, HEART) == []


def test_what_is_drawn_differs_by_no_activity_s_own_mean():
    rows = make_efforts([5, 9])
    drawn = effects.per_activity(rows, TEMPO, HEART)
    means = drawn.groupby("activity_id")["y"].mean()
    assert means.tolist() == pytest.approx([rows["heartrate"].mean()] * 2)
    assert drawn["n"].tolist() == [5] * 5 + [9] * 9
    assert (drawn["x"] == rows["tempo_bpm"]).all()


def simulated(n, seed=8, **choices):
    return [runner(np.random.default_rng([seed, nth]), **choices) for nth in range(n)]


def runner(rng, *, effect=0.0, curve=None, spread=18.0, n_activities=8, n_songs=(8, 17)):
    """Eight activities of 8 to 16 songs, outcomes uneven from one to the next and wandering slowly,
    and of one activity in four three times as much; along a curve both playlist and runner rise.
    """
    so_many = rng.integers(*n_songs, n_activities).tolist()
    rows = make_efforts(so_many, seed=int(rng.integers(1 << 31)))
    time = rows["elapsed_share"].to_numpy()
    tempo = rng.normal(140, spread, len(rows))
    uneven = rng.choice([1.0, 3.0], n_activities, p=[0.75, 0.25])[rows["activity_id"] - 11]
    wander = np.convolve(rng.normal(0, 0.05, len(rows) + 2), [0.6, 1, 0.6], "valid")
    speed = 3 + uneven * wander
    if curve is not None:
        tempo += 25 * curve(time)
        speed = speed + 0.3 * curve(time)
    tempo = tempo.clip(100, 199)
    return rows.assign(tempo_bpm=tempo, flat_mps=speed + effect * (tempo - 140) / 10)


def told(rows):
    return effects.effect(rows, TEMPO, SPEED)


def test_the_interval_covers_the_truth_as_often_as_it_says():
    found = [told(rows) for rows in simulated(200, effect=0.03)]
    covered = np.mean([each.low <= 0.03 <= each.high for each in found])
    # 95 % of 200 give or take four standard errors, and no bias.
    assert 0.89 <= covered <= 0.99
    off = np.array([each.estimate - 0.03 for each in found])
    assert abs(off.mean()) < 4 * off.std() / np.sqrt(200)


def test_of_songs_without_effect_shifts_call_one_in_twenty_significant():
    found = [told(rows) for rows in simulated(200)]
    assert 0.01 <= np.mean([each.null.p < 0.05 for each in found]) <= 0.11


@pytest.mark.parametrize("curve", CURVES.values(), ids=CURVES)
def test_who_gets_faster_while_the_playlist_does_owes_it_to_no_song(curve):
    runners = simulated(60, curve=curve, spread=8.0)
    found = [told(rows) for rows in runners]
    assert np.mean([each.null.p < 0.05 for each in found]) <= 0.15
    assert np.mean([each.p < 0.05 for each in found]) <= 0.15
    # Which is a trap: with levels alone nearly all of them would.
    fooled = [repeated_measures(*columns(rows)) for rows in runners]
    assert np.mean([low > 0 for _, low, _ in fooled]) > 0.9


@pytest.mark.parametrize("power", [1, 2, 3])
def test_nor_does_who_ends_runs_of_few_songs_fast(power):
    curve = {"curve": lambda t: 2 * t**power - 1, "spread": 4.0}
    runners = simulated(60, **curve, n_songs=(4, 7), n_activities=30)
    found = [told(rows) for rows in runners]
    assert np.mean([each.null.p < 0.05 for each in found]) <= 0.15
    assert np.mean([each.p < 0.05 for each in found]) <= 0.15


def columns(rows):
    return (rows[name].to_numpy() for name in ("activity_id", "tempo_bpm", "flat_mps"))


def test_an_effect_there_is_is_found():
    found = [told(rows) for rows in simulated(40, effect=0.08)]
    assert np.mean([each.null.p < 0.05 for each in found]) > 0.9
    assert np.mean([each.low > 0 for each in found]) > 0.9
