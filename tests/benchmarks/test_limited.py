from benchmarks.speed.limited import like_lambda


def test_a_group_has_the_memory_and_the_cpu_of_a_function_and_ends_with_its_block(tmp_path):
    for kind in ("cpu", "memory"):
        (tmp_path / kind).mkdir()
    with like_lambda(2_048, tmp_path) as enter:
        assert enter is not None
        (cpu,), (memory,) = ((tmp_path / kind).iterdir() for kind in ("cpu", "memory"))
        assert (cpu / "cpu.cfs_quota_us").read_text() == "115771"
        assert (memory / "memory.limit_in_bytes").read_text() == str(2 << 30)
        for file in (*cpu.iterdir(), *memory.iterdir()):
            file.unlink()  # the kernel's files go with their group
    assert [*(tmp_path / "cpu").iterdir(), *(tmp_path / "memory").iterdir()] == []


def test_where_no_group_can_be_made_nothing_is_limited(tmp_path):
    with like_lambda(2_048, tmp_path) as enter:
        assert enter is None
