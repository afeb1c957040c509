"""Plans: every run by its number, and what is refused before work starts."""

import json

import numpy as np
import pytest

from numerics.sweeps import Plan, axis_from, plan

OWN = """
variables = ["x", "y"]
[parameters]
k = 1
q = 2
[field]
x = "k*x - x^3"
y = "-q*y"
"""


@pytest.fixture
def own(tmp_path):
    path = tmp_path / "own.toml"
    path.write_text(OWN)
    return path


def axes(*texts):
    return [axis_from(text) for text in texts]


def test_on_a_grid_the_last_axis_moves_fastest_and_starts_move_faster():
    found = plan("binary-head", axes("w=1,2", "eps_v=3,4,5"), starts=2)
    assert (found.points, found.runs) == (6, 12)
    values = found.values(np.arange(12)).tolist()
    assert values[:5] == [[1, 3], [1, 3], [1, 4], [1, 4], [1, 5]]
    assert values[-1] == [2, 5]


def test_a_latin_hypercube_has_one_point_in_every_slice_of_every_axis():
    found = plan("binary-head", axes("w=1:2", "eps_v=0.1:10:log"), samples=20, seed=3)
    w, eps = found.values(np.arange(20)).T
    assert sorted(np.floor((w - 1) * 20)) == list(range(20))
    assert sorted(np.floor((np.log10(eps) + 1) * 10)) == list(range(20))
    other = plan("binary-head", axes("w=1:2", "eps_v=0.1:10:log"), samples=20, seed=4)
    assert not np.array_equal(found.values(np.arange(20)), other.values(np.arange(20)))


def test_every_run_is_in_one_chunk():
    found = plan("binary-head", axes("w=1:2:23"), chunk=5)
    assert found.chunks == 5
    assert [n for c in range(5) for n in found.rows(c)] == list(range(23))


def test_a_plan_survives_json_and_needs_no_file_then(own):
    found = plan(own, axes("k=0:1:3"), settings={"q": 3}, given=((1.0, 2.0),))
    own.unlink()
    again = Plan.of(json.loads(json.dumps(found.document())))
    assert again == found and again.digest == found.digest
    assert again.system({"k": 0.5}).values.tolist() == [0.5, 3]
    assert again.starts == 1


def test_the_digest_depends_on_all_that_results_depend_on(own):
    base = {"source": own, "axes": axes("k=0:1:3")}
    different = [
        {}, {"settings": {"q": 3}}, {"starts": 2}, {"seed": 1}, {"until": 5.0}, {"engine": "scipy"},
        {"rtol": 1e-6}, {"chunk": 2}, {"given": ((0.0, 0.0),)}, {"axes": axes("k=0:1:4")},
        {"axes": axes("k=0:1"), "samples": 3},
    ]  # fmt: skip
    digests = [plan(**{**base, **x}).digest for x in different]
    own.write_text(OWN.replace("-q", "q"))
    digests.append(plan(**base).digest)
    assert len(set(digests)) == len(digests)


@pytest.mark.parametrize(
    ("over", "options", "message"),
    [
        ([], {}, "a sweep needs something that varies"),
        (["w=0:1:2", "w=1:2:2"], {}, "`--over w=...` stands twice"),
        (["eps_w=1:2:2"], {}, "no setting or variable `eps_w`. Did you mean `eps_v`?"),
        (["w=1:2:2"], {"settings": {"w": 1}}, "`w` is both set and varied"),
        (["w=1:2:2"], {"settings": {"eps_t": 1}}, "no setting `eps_t`"),
        (["w=1:2"], {}, "`w` has no number of values; write `--over w=1:2:n`"),
        (["w=1:2:3"], {"samples": 5}, "`--samples` draws from intervals"),
        (["w=-1:1:3"], {}, "must not be 0, with which nothing moves"),
        (["eps_v=-1:2"], {"samples": 4}, "must be above 0; got -1"),
        (["w=1:2:2"], {"samples": -1}, "`--samples` must be at least 0; got -1"),
        (["w=1:2:2"], {"starts": 0}, "`--starts` must be at least 1; got 0"),
        (["w=1:2:2"], {"seed": -1}, "`--seed` must be at least 0"),
        (["w=1:2:2"], {"chunk": 0}, "`--chunk` must be at least 1"),
        (["w=1:2:2"], {"until": 0.0}, "`--until` must be above 0 and finite; got 0"),
        (["w=1:2:2"], {"rtol": 1.0}, "`--rtol` must lie between 1e-14 and 0.1; got 1"),
        (["w=1:2:2"], {"given": ((1.0,),)}, "`--start` takes 2 finite numbers (x,y); got 1"),
        (["w=1:2:2"], {"engine": "heioka"}, "Did you mean `heyoka`?"),
        (["w=1:2:50000", "eps_v=1:2:50000"], {}, "may have 100,000,000 runs"),
    ],
)
def test_what_makes_no_sense_is_refused(over, options, message):
    with pytest.raises(ValueError) as error:
        plan("binary-head", axes(*over), **options)
    assert message in str(error.value)


def test_what_changes_the_variables_is_refused():
    with pytest.raises(ValueError, match="same variables everywhere, and with K = 3 they are"):
        plan("mixture-flow", axes("K=2,3"))


def test_maps_have_no_engine_and_whole_steps():
    with pytest.raises(ValueError, match="is a map, which no engine integrates"):
        plan("em-symmetric", axes("a=1:2:2"), engine="scipy")
    with pytest.raises(ValueError, match="number of iterates; got 2.5"):
        plan("em-symmetric", axes("a=1:2:2"), until=2.5)
    assert plan("em-symmetric", axes("a=1:2:2")).engine == "map"


def test_files_are_read_when_the_plan_is_made(own):
    with pytest.raises(FileNotFoundError, match="there is no file"):
        plan(own.with_name("none.toml"), axes("k=0:1:2"))
