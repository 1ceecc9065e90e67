//! Commits, and `rps journal`.

use std::fs;

use crate::support::Stage;

/// Returns a stage with the store `mine`, in which `origin` is, and to which `origin.x = 10` was committed.
fn committed() -> Stage {
    let stage = Stage::new();
    let dumped = stage.run(&["--store", "mine", "--dump", "-e", "keep new object as origin"], "");
    assert_eq!(dumped.status, 0, "{}", dumped.err);
    let run = stage.run(&["--store", "mine", "--commit", "--sync", "data", "-e", ":put origin : x = 10"], "");
    assert_eq!((run.status, &*run.err), (0, ""));
    stage
}

#[test]
fn what_was_committed_is_found_and_the_generation_is_as_it_was() {
    let stage = committed();
    stage.check(&["--store", "mine", "-e", "origin.x"], "10\n");
    stage.check(&["check", "mine"], "0 errors, 0 warnings, 0 read leniently\n");
    let shown = stage.run(&["--json", "journal", "show", "mine"], "").json_out();
    let journal = &shown[0]["journal"];
    assert_eq!((&journal["of_generation"], &journal["commits"][0]["number"]), (&true.into(), &1.into()));
    assert!(stage.run(&["journal", "show", "mine"], "").out.contains("commit"));
    let run = stage.run(&["--store", "mine", "--dump", "-e", "1"], "");
    assert_eq!(run.status, 0, "{}", run.err);
    stage.check(&["journal", "show", "mine"], "nothing was committed since the last dump\n");
    stage.check(&["--store", "mine", "-e", "origin.x"], "10\n");
}

#[test]
fn programs_and_the_prompt_commit_and_are_told_why_not() {
    let stage = committed();
    let program = "origin.x = 11; commit(); origin.x = 12";
    let run = stage.run(&["--store", "mine", "-e", program], "");
    assert!(run.status == 1 && run.err.contains("commit::read-only"), "{}", run.err);
    let mut prompt = stage.command(&["--store", "mine"]);
    prompt.env("RPS_TRANSCRIPT", "1");
    let run = stage.start(
        prompt,
        "origin.x = 11\n:commit\n:commit\norigin.x = 12\ncommit()\nlet s = new space {}\ns.transaction(|| commit())\norigin.x = 13\n",
    );
    assert!(run.answer(":commit").contains("nothing has changed"), "{}", run.out);
    assert!(run.err.contains("commit::in-transaction"), "{}", run.err);
    stage.check(&["--store", "mine", "-e", "origin.x"], "12\n");
}

#[test]
fn a_store_that_is_not_there_yet_comes_into_being_by_a_commit() {
    let stage = Stage::new();
    let run = stage.run(&["--store", "fresh", "--commit", "-e", "keep new object as origin"], "");
    assert_eq!((run.status, &*run.err), (0, ""));
    stage.check(&["--store", "fresh", "-e", "origin.class == object"], "true\n");
}

#[test]
fn commits_to_another_generation_are_applied_or_given_up() {
    for applies in [true, false] {
        let stage = committed();
        // Somebody puts another generation there, as git does.
        let run = stage.run(&["--store", "other", "--dump", "-e", "keep new object as other"], "");
        assert_eq!(run.status, 0, "{}", run.err);
        fs::remove_dir_all(stage.path("mine/spaces")).unwrap();
        fs::rename(stage.path("other/spaces"), stage.path("mine/spaces")).unwrap();
        let run = stage.run(&["--store", "mine", "-e", "other"], "");
        assert!(run.status == 1 && run.err.contains("journal::other-base"), "{}", run.err);
        assert!(stage.run(&["journal", "show", "mine"], "").out.contains("another generation"));
        if applies {
            stage.check(&["journal", "apply", "mine"], |out: &str| out.starts_with("applied 1 commit"));
        } else {
            let run = stage.run(&["journal", "discard", "mine"], "");
            assert!(run.status == 1 && run.err.contains("journal::not-confirmed"), "{}", run.err);
            stage.check(&["journal", "discard", "mine", "--yes"], |out: &str| {
                out.starts_with("discarded 1 commit")
            });
        }
        stage.check(&["--store", "mine", "-e", "other.class == object"], "true\n");
        stage.check(&["journal", "show", "mine"], "nothing was committed since the last dump\n");
    }
}
