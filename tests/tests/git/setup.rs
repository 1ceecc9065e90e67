//! `rps git-setup` does what it says, once, and takes it back.

use std::fs;

use crate::stage::{Stage, write};

#[test]
fn a_second_setup_does_nothing_and_undo_leaves_nothing() {
    let stage = Stage::empty();
    stage.dump(&["keep new object as apple"]);
    let hook = stage.root().join(".git/hooks/pre-commit");
    write(&hook, "#!/bin/sh\necho mine\n");
    let before = stage.git("config --local --list");
    let said = stage.rps("git-setup shop");
    assert!(said.contains("wrote shop/.gitattributes") && said.contains("set merge.rps.driver"), "{said}");
    let attributes = fs::read_to_string(stage.root().join("shop/.gitattributes")).expect("it is there");
    assert!(attributes.contains("merge=rps diff=rps"), "{attributes}");
    assert!(fs::read_to_string(&hook).expect("it is there").starts_with("#!/bin/sh\necho mine\n"));
    assert_eq!(stage.rps("git-setup shop").trim(), "nothing to do");
    assert_eq!(stage.rps("git-setup").trim(), "nothing to do", "the store is found below the folder");
    stage.rps("git-setup --undo shop");
    assert_eq!(stage.git("config --local --list"), before);
    assert!(!stage.root().join("shop/.gitattributes").exists());
    assert!(!stage.root().join(".git/hooks/pre-merge-commit").exists());
    assert_eq!(fs::read_to_string(&hook).expect("it is there"), "#!/bin/sh\necho mine\n");
    assert_eq!(stage.rps("git-setup --undo shop").trim(), "nothing to do");
}

#[test]
fn what_belongs_to_this_machine_is_not_committed() {
    let stage = Stage::shop();
    let tracked = stage.git("ls-files");
    assert!(tracked.contains("shop/spaces/user.json") && !tracked.contains(".rps/"), "{tracked}");
}

#[test]
fn a_hook_that_is_no_shell_program_is_left_alone() {
    let stage = Stage::empty();
    stage.dump(&["keep new object as apple"]);
    let hook = stage.root().join(".git/hooks/pre-commit");
    write(&hook, "#!/usr/bin/env python3\nprint(1)\n");
    let said = stage.try_rps("git-setup shop");
    assert!(!said.ok && said.errors.contains("git::foreign-hook"), "{said:?}");
    assert_eq!(fs::read_to_string(&hook).expect("it is there"), "#!/usr/bin/env python3\nprint(1)\n");
}
