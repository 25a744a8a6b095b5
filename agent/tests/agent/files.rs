use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};

use sandlot_agent::proto::read_file_response::Message as Read;
use sandlot_agent::proto::write_file_request::Message as Write;
use sandlot_agent::proto::{
    ConfigureRequest, FileStat, FileType, ListDirectoryRequest, MakeDirectoryRequest, MoveRequest, ReadFileRequest,
    RemoveRequest, SetAttributesRequest, StatRequest, WriteFileHeader, WriteFileRequest, WriteFileResponse,
};
use tonic::{Code, Status};

use crate::support::{Agent, Client, errno};

async fn write(client: &mut Client, header: WriteFileHeader, pieces: &[&[u8]]) -> Result<WriteFileResponse, Status> {
    let mut requests = vec![WriteFileRequest {
        message: Some(Write::Header(header)),
    }];
    let data = |piece: &&[u8]| WriteFileRequest {
        message: Some(Write::Data(piece.to_vec().into())),
    };
    requests.extend(pieces.iter().map(data));
    Ok(client.write_file(tokio_stream::iter(requests)).await?.into_inner())
}

fn header(path: impl Into<String>) -> WriteFileHeader {
    WriteFileHeader {
        path: path.into(),
        ..Default::default()
    }
}

async fn read(client: &mut Client, request: ReadFileRequest) -> Result<(FileStat, Vec<u8>), Status> {
    let mut stream = client.read_file(request).await?.into_inner();
    let Some(Read::Stat(stat)) = stream.message().await?.unwrap().message else {
        panic!("the stat comes first");
    };
    let mut bytes = Vec::new();
    while let Some(response) = stream.message().await? {
        let Some(Read::Data(data)) = response.message else {
            panic!("the stat comes once");
        };
        assert!(data.len() <= 262_144);
        bytes.extend_from_slice(&data);
    }
    Ok((stat, bytes))
}

fn whole(path: impl Into<String>) -> ReadFileRequest {
    ReadFileRequest {
        path: path.into(),
        ..Default::default()
    }
}

async fn stat(client: &mut Client, path: &str) -> Result<FileStat, Status> {
    let request = StatRequest {
        path: path.to_owned(),
        no_follow: false,
    };
    Ok(client.stat(request).await?.into_inner())
}

#[tokio::test]
async fn bytes_of_any_kind_come_back_as_they_were_written() {
    let agent = Agent::start();
    let mut client = agent.connect().await;
    let piece: Vec<u8> = (0..1_048_576_u32).map(|index| (index * 7 % 253) as u8).collect();
    for name in ["plain", "mit Leerzeichen & Ümlaut 漢字 🦀", "-rf"] {
        let path = agent.path(name);
        let written = write(&mut client, header(&path), &[&piece, &[0xff, 0xfe, 0], &piece])
            .await
            .unwrap();
        assert_eq!(written.bytes, 2_097_155);
        let (stat, bytes) = read(&mut client, whole(&path)).await.unwrap();
        assert_eq!((stat.name.as_str(), stat.size, stat.mode), (name, 2_097_155, 0o644));
        assert!(bytes[..1_048_576] == piece && bytes[1_048_576..1_048_579] == [0xff, 0xfe, 0]);
    }
    let part = ReadFileRequest {
        path: agent.path("plain"),
        offset: 1_048_577,
        length: 2,
    };
    assert_eq!(read(&mut client, part).await.unwrap().1, [0xfe, 0]);
    let beyond = ReadFileRequest {
        path: agent.path("plain"),
        offset: 9_000_000,
        length: 0,
    };
    assert_eq!(read(&mut client, beyond).await.unwrap().1, []);
}

#[tokio::test]
async fn an_empty_file_is_written_and_read() {
    let agent = Agent::start();
    let mut client = agent.connect().await;
    assert_eq!(
        write(&mut client, header(agent.path("empty")), &[])
            .await
            .unwrap()
            .bytes,
        0
    );
    let (stat, bytes) = read(&mut client, whole(agent.path("empty"))).await.unwrap();
    assert_eq!((stat.size, bytes.len()), (0, 0));
}

#[tokio::test]
async fn an_existing_file_is_truncated_links_are_written_through_and_parents_made() {
    let agent = Agent::start();
    let mut client = agent.connect().await;
    fs::write(agent.path("target"), b"something longer").unwrap();
    symlink(agent.path("target"), agent.path("link")).unwrap();
    symlink(agent.path("made"), agent.path("dangling")).unwrap();
    write(&mut client, header(agent.path("link")), &[b"new"]).await.unwrap();
    assert_eq!(fs::read(agent.path("target")).unwrap(), b"new");
    write(&mut client, header(agent.path("dangling")), &[b"made"])
        .await
        .unwrap();
    assert_eq!(fs::read(agent.path("made")).unwrap(), b"made");

    let deep = WriteFileHeader {
        make_parents: true,
        parent_mode: 0o750,
        mode: 0o600,
        ..header(agent.path("a/b/c"))
    };
    let stat = write(&mut client, deep, &[b"x"]).await.unwrap().stat.unwrap();
    assert_eq!(stat.mode, 0o600);
    assert_eq!(fs::metadata(agent.path("a/b")).unwrap().mode() & 0o777, 0o750);

    let exists = WriteFileHeader {
        must_not_exist: true,
        ..header(agent.path("target"))
    };
    let refused = write(&mut client, exists, &[b"x"]).await.unwrap_err();
    assert_eq!((refused.code(), errno(&refused)), (Code::AlreadyExists, "EEXIST"));
    assert_eq!(fs::read(agent.path("target")).unwrap(), b"new");
}

#[tokio::test]
async fn directories_pipes_and_devices_are_no_files() {
    let agent = Agent::start();
    let mut client = agent.connect().await;
    fs::create_dir(agent.path("directory")).unwrap();
    rustix::fs::mknodat(
        rustix::fs::CWD,
        agent.path("pipe"),
        rustix::fs::FileType::Fifo,
        rustix::fs::Mode::RUSR,
        0,
    )
    .unwrap();
    for (path, name) in [
        (agent.path("directory"), "EISDIR"),
        (agent.path("pipe"), "EINVAL"),
        ("/dev/zero".into(), "EINVAL"),
    ] {
        let refused = read(&mut client, whole(&path)).await.unwrap_err();
        assert_eq!(
            (refused.code(), errno(&refused)),
            (Code::InvalidArgument, name),
            "{path}"
        );
    }
    let refused = write(&mut client, header(agent.path("directory")), &[b"x"])
        .await
        .unwrap_err();
    assert_eq!((refused.code(), errno(&refused)), (Code::InvalidArgument, "EISDIR"));
    assert_eq!(
        fs::read_dir(&agent.scratch).unwrap().count(),
        2 + usize::from(agent.scratch.join("state").exists())
    );
}

#[tokio::test]
async fn what_is_missing_is_not_found_and_dangling_links_count_as_missing() {
    let agent = Agent::start();
    let mut client = agent.connect().await;
    symlink("nowhere", agent.path("dangling")).unwrap();
    for path in [agent.path("none"), agent.path("dangling"), agent.path("none/deeper")] {
        assert_eq!(stat(&mut client, &path).await.unwrap_err().code(), Code::NotFound);
        assert_eq!(read(&mut client, whole(path)).await.unwrap_err().code(), Code::NotFound);
    }
    let itself = StatRequest {
        path: agent.path("dangling"),
        no_follow: true,
    };
    let link = client.stat(itself).await.unwrap().into_inner();
    assert_eq!(
        (link.r#type(), link.link_target.as_str()),
        (FileType::Symlink, "nowhere")
    );
    for path in [String::new(), "a\0b".to_owned(), "x".repeat(4_097)] {
        let refused = stat(&mut client, &path).await.unwrap_err();
        assert_eq!(refused.code(), Code::InvalidArgument, "{refused}");
        assert!(refused.message().starts_with("path"), "{refused}");
    }
}

async fn list(client: &mut Client, path: &str, depth: u32) -> Vec<FileStat> {
    let request = ListDirectoryRequest {
        path: path.to_owned(),
        depth,
    };
    let mut stream = client.list_directory(request).await.unwrap().into_inner();
    let mut entries = Vec::new();
    while let Some(response) = stream.message().await.unwrap() {
        assert!(response.entries.len() <= 512);
        entries.extend(response.entries);
    }
    entries
}

#[tokio::test]
async fn listings_are_sorted_follow_links_and_leave_dangling_ones_out() {
    let agent = Agent::start();
    let mut client = agent.connect().await;
    let root = agent.scratch.join("tree");
    fs::create_dir_all(root.join("sub/deeper")).unwrap();
    fs::write(root.join("sub/inner"), b"1234").unwrap();
    fs::write(root.join(".hidden"), b"").unwrap();
    fs::write(root.join(std::ffi::OsStr::from_bytes(b"bad\xffname")), b"").unwrap();
    symlink("sub/inner", root.join("to-file")).unwrap();
    symlink("sub", root.join("to-directory")).unwrap();
    symlink("nowhere", root.join("to-nothing")).unwrap();
    let root = root.to_str().unwrap();

    let entries = list(&mut client, root, 0).await;
    let names: Vec<&str> = entries.iter().map(|entry| entry.name.as_str()).collect();
    assert_eq!(names, [".hidden", "bad\u{fffd}name", "sub", "to-directory", "to-file"]);
    assert_eq!((entries[4].r#type(), entries[4].size), (FileType::Regular, 4));
    assert_eq!(entries[3].r#type(), FileType::Directory);

    let paths: Vec<String> = list(&mut client, root, 2)
        .await
        .into_iter()
        .map(|entry| entry.path)
        .collect();
    let below: Vec<&str> = paths.iter().map(|path| path.strip_prefix(root).unwrap()).collect();
    assert_eq!(
        below[2..],
        ["/sub", "/sub/deeper", "/sub/inner", "/to-directory", "/to-file"]
    );

    let file = ListDirectoryRequest {
        path: agent.path("tree/.hidden"),
        depth: 0,
    };
    let refused = client.list_directory(file).await.unwrap_err();
    assert_eq!((refused.code(), errno(&refused)), (Code::NotFound, "ENOTDIR"));
}

#[tokio::test]
async fn a_large_directory_comes_in_pieces() {
    let agent = Agent::start();
    let mut client = agent.connect().await;
    fs::create_dir(agent.path("many")).unwrap();
    for number in 0..1_300 {
        fs::write(agent.path(&format!("many/{number:04}")), b"").unwrap();
    }
    let entries = list(&mut client, &agent.path("many"), 1).await;
    assert_eq!(entries.len(), 1_300);
    assert!(entries.is_sorted_by_key(|entry| entry.name.clone()));
}

#[tokio::test]
async fn directories_are_made_moved_and_removed() {
    let agent = Agent::start();
    let mut client = agent.connect().await;
    let make = |name: &str, parents| MakeDirectoryRequest {
        path: agent.path(name),
        mode: 0o700,
        parents,
    };
    client.make_directory(make("x/y", true)).await.unwrap();
    client.make_directory(make("x/y", true)).await.unwrap();
    assert_eq!(fs::metadata(agent.path("x/y")).unwrap().mode() & 0o777, 0o700);
    assert_eq!(
        client.make_directory(make("x/y", false)).await.unwrap_err().code(),
        Code::AlreadyExists
    );
    assert_eq!(
        client.make_directory(make("no/z", false)).await.unwrap_err().code(),
        Code::NotFound
    );

    fs::write(agent.path("x/y/file"), b"f").unwrap();
    fs::write(agent.path("other"), b"o").unwrap();
    let relocate = |source: &str, destination: &str| MoveRequest {
        source: agent.path(source),
        destination: agent.path(destination),
    };
    let refused = client.r#move(relocate("x/y/file", "other")).await.unwrap_err();
    assert_eq!((refused.code(), errno(&refused)), (Code::AlreadyExists, "EEXIST"));
    assert_eq!(fs::read(agent.path("other")).unwrap(), b"o");
    assert_eq!(
        client.r#move(relocate("none", "new")).await.unwrap_err().code(),
        Code::NotFound
    );
    assert_eq!(
        client.r#move(relocate("other", "none/new")).await.unwrap_err().code(),
        Code::NotFound
    );
    client.r#move(relocate("x", "moved")).await.unwrap();
    assert_eq!(fs::read(agent.path("moved/y/file")).unwrap(), b"f");

    let remove = |name: &str, recursive| RemoveRequest {
        path: agent.path(name),
        recursive,
    };
    let refused = client.remove(remove("moved", false)).await.unwrap_err();
    assert_eq!((refused.code(), errno(&refused)), (Code::InvalidArgument, "EISDIR"));
    symlink(agent.path("other"), agent.path("moved/link")).unwrap();
    client.remove(remove("moved", true)).await.unwrap();
    assert!(!agent.scratch.join("moved").exists() && agent.scratch.join("other").exists());
    assert_eq!(
        client.remove(remove("moved", true)).await.unwrap_err().code(),
        Code::NotFound
    );
}

#[tokio::test]
async fn attributes_are_set_and_an_unknown_name_changes_nothing() {
    let agent = Agent::start();
    let mut client = agent.connect().await;
    fs::write(agent.path("file"), b"").unwrap();
    let set = |mode, owner: &str, group: &str| SetAttributesRequest {
        path: agent.path("file"),
        mode,
        owner: owner.to_owned(),
        group: group.to_owned(),
    };
    client.set_attributes(set(Some(0o4751), "daemon", "1")).await.unwrap();
    let after = stat(&mut client, &agent.path("file")).await.unwrap();
    assert_eq!((after.mode, after.uid, after.gid), (0o4751, 1, 1));
    let refused = client
        .set_attributes(set(Some(0o600), "nobody-here", ""))
        .await
        .unwrap_err();
    assert_eq!(refused.code(), Code::InvalidArgument);
    assert_eq!(
        client
            .set_attributes(set(Some(0o10000), "", ""))
            .await
            .unwrap_err()
            .code(),
        Code::InvalidArgument
    );
    assert_eq!(stat(&mut client, &agent.path("file")).await.unwrap(), after);
}

#[tokio::test]
async fn file_calls_have_the_rights_of_the_configured_user_and_no_more() {
    let agent = Agent::start();
    let mut client = agent.connect().await;
    fs::set_permissions(&agent.scratch, fs::Permissions::from_mode(0o755)).unwrap();
    fs::create_dir(agent.path("own")).unwrap();
    std::os::unix::fs::chown(agent.path("own"), Some(1), Some(1)).unwrap();
    fs::create_dir(agent.path("closed")).unwrap();
    fs::set_permissions(agent.path("closed"), fs::Permissions::from_mode(0o700)).unwrap();
    let configure = ConfigureRequest {
        user: "daemon".to_owned(),
        working_directory: agent.path("own"),
        ..Default::default()
    };
    client.configure(configure).await.unwrap();

    let stat = write(&mut client, header("relative"), &[b"x"])
        .await
        .unwrap()
        .stat
        .unwrap();
    assert_eq!((stat.uid, stat.gid, stat.path), (1, 1, agent.path("own/relative")));
    let own = SetAttributesRequest {
        path: "relative".into(),
        owner: "daemon".into(),
        group: "daemon".into(),
        mode: None,
    };
    client.set_attributes(own).await.unwrap();

    let refused = write(&mut client, header(agent.path("closed/file")), &[b"x"])
        .await
        .unwrap_err();
    assert_eq!((refused.code(), errno(&refused)), (Code::PermissionDenied, "EACCES"));
    assert_eq!(
        read(&mut client, whole("/etc/shadow")).await.unwrap_err().code(),
        Code::PermissionDenied
    );
    let give = SetAttributesRequest {
        path: "relative".into(),
        owner: "root".into(),
        ..Default::default()
    };
    assert_eq!(
        client.set_attributes(give).await.unwrap_err().code(),
        Code::PermissionDenied
    );

    client.configure(ConfigureRequest::default()).await.unwrap();
    write(&mut client, header(agent.path("closed/file")), &[b"x"])
        .await
        .unwrap();
}

#[tokio::test]
async fn a_full_disk_is_told_by_name() {
    let agent = Agent::start();
    let mut client = agent.connect().await;
    // The whole file system of this test is one mebibyte.
    let point = agent.path("small");
    fs::create_dir(&point).unwrap();
    let flags = rustix::mount::MountFlags::empty();
    rustix::mount::mount("tmpfs", &point, "tmpfs", flags, Some(c"size=1m")).unwrap();
    let piece = vec![1; 1_000_000];
    let refused = write(&mut client, header(format!("{point}/file")), &[&piece, &piece]).await;
    let across = MoveRequest {
        source: agent.path("wide"),
        destination: format!("{point}/wide"),
    };
    fs::write(agent.path("wide"), vec![0; 2_000_000]).unwrap();
    let too_wide = client.r#move(across).await;
    let left = fs::read_dir(&point).unwrap().count();
    rustix::mount::unmount(&point, rustix::mount::UnmountFlags::empty()).unwrap();
    let refused = refused.unwrap_err();
    assert_eq!((refused.code(), errno(&refused)), (Code::ResourceExhausted, "ENOSPC"));
    assert_eq!(too_wide.unwrap_err().code(), Code::ResourceExhausted);
    assert!(
        left == 1 && agent.scratch.join("wide").exists(),
        "the failed copy is gone, its source is not"
    );
}
