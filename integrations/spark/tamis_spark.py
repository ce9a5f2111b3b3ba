"""Runs the stages that `tamis cluster plan` lists on Apache Spark: rows go through the binary, nothing is decided here."""
import json, os, shutil, subprocess, sys, tempfile, threading, zipfile
import pyarrow as pa
from pyspark import SparkFiles, StorageLevel
from pyspark.sql import SparkSession

PARTS = pa.schema([("kind", pa.string()), ("bucket", pa.int32()), ("data", pa.binary())])


def through_worker(binary, words, pipeline, key):
    """The batches of a partition through one worker. Its failure is the task's, never the end of a stream."""
    def run(batches):
        if (first := next(batches, None)) is None:
            return
        root, secret = os.path.abspath(SparkFiles.getRootDirectory()), os.memfd_create("key")  # in memory, without a name
        os.write(secret, key)
        os.lseek(secret, 0, os.SEEK_SET)
        command = [f"{root}/{os.path.basename(binary)}", *words[:2], f"{root}/tamis-pipeline/{pipeline}", *words[2:]]
        errors, ends = tempfile.TemporaryFile(), []
        worker = subprocess.Popen([*command, "--folder", root, "--run-key", f"fd:{secret}"], pass_fds=[secret],
                                  stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors)
        os.close(secret)

        def feed():
            try:
                with worker.stdin:
                    send(worker.stdin, (batch for some in ([first], batches) for batch in some), first.schema)
                ends.append("fed")
            except BaseException as problem:
                worker.kill()  # before anything could be taken for the end
                ends.append(problem)
        feeder = threading.Thread(target=feed, daemon=True)
        feeder.start()
        try:
            yield from pa.ipc.open_stream(worker.stdout)
        except pa.ArrowException as problem:
            ends.append(problem)
        except BaseException:
            worker.kill()
            raise
        code = worker.wait()
        feeder.join()
        if code != 0 or ends != ["fed"]:
            errors.seek(0)
            raise RuntimeError(f"tamis {' '.join(words)} ended with {code}: {errors.read().decode() or ends}")
    return run


def send(pipe, batches, schema):
    """Batches as a stream, whose mark of the end is written only behind the last of them."""
    stream = pa.ipc.new_stream(pipe, schema)
    for batch in batches:
        stream.write_batch(batch)
    stream.close()


def to_driver(command, frames, good):
    """What workers gave, through a command on this machine, part by part."""
    with subprocess.Popen(command, stdin=subprocess.PIPE) as process:
        rows = (row.asDict() for frame in frames for row in frame.toLocalIterator(prefetchPartitions=True))
        try:
            send(process.stdin, (pa.RecordBatch.from_pylist([row], PARTS) for row in rows), PARTS)
        except BaseException:
            process.kill()
            raise
    if process.returncode not in good:
        raise RuntimeError(f"{' '.join(command)} ended with {process.returncode}")


def release(spark, binary, pipeline, sources, partitions, begin=(), finish=()):
    """Makes the release of a pipeline of one table for each of its sources, its parts in so many partitions."""
    plan = json.loads(subprocess.run([binary, "cluster", "plan", pipeline], check=True, stdout=subprocess.PIPE).stdout)
    for name, value in plan["requires"].items():
        if spark.sparkContext.getConf().get(name, "false") != value:
            raise ValueError(f"working data would lie or travel in the clear: start Spark with {name}={value}")
    for source in plan["sources"]:
        if sorted(sources[source["name"]].columns) != sorted(source["columns"]):
            raise ValueError(f"the columns of {source['name']} are not those of its schema")
    if any(name.endswith("/begin.plan") for name in spark.sparkContext.listFiles):
        raise ValueError("one release a session: Spark would go on with the plans of the one before")
    context, work, kept, fresh, shuffled = spark.sparkContext, tempfile.mkdtemp(prefix="tamis-"), [], [], {}
    folder, schema = f"{work}/run", ", ".join(f"{column['name']} {column['type']}" for column in plan["schema"])
    try:
        subprocess.run([binary, "cluster", "begin", pipeline, "--folder", folder, *begin], check=True)
        with open(f"{folder}/run.key", "rb") as file, zipfile.ZipFile(f"{work}/pipeline.zip", "w") as files:
            key = file.read()
            for name in plan["files"]:
                files.write(os.path.join(plan["base"], name), name)
        context.addArchive(f"{work}/pipeline.zip#tamis-pipeline")
        context.addFile(binary)
        context.addFile(f"{folder}/begin.plan")
        for stage in plan["stages"]:
            kinds, table = tuple(stage["input"].get("kinds", ())), sources.get(stage["input"].get("source"))
            if kinds and kinds not in shuffled:
                parts = [frame.where(frame.kind.isin(*kinds)) for frame in kept]
                for part in parts[1:]:
                    parts[0] = parts[0].unionAll(part)
                shuffled[kinds] = parts[0].repartition(partitions, *stage["shuffle"]).persist(StorageLevel.DISK_ONLY)
            worker = through_worker(binary, stage["args"], plan["pipeline"]["file"], key)
            made = shuffled.get(kinds, table).mapInArrow(worker, schema)
            if stage["keep"]:
                kept.append(made := made.persist(StorageLevel.DISK_ONLY))
            fresh.append(made.where(made.kind.isin(*stage["to_driver"])))
            if words := stage["driver"]:
                last = words[1] == "finish"
                command = [binary, *words, pipeline, "--folder", folder, *(finish if last else ())]
                to_driver(command, fresh, (0, 3) if last else (0,))
                fresh = [] if last else context.addFile(f"{folder}/{words[2]}.plan") or []
    finally:
        if os.path.isdir(folder):
            subprocess.run([binary, "cluster", "clear", "--folder", folder], check=True)
        shutil.rmtree(work)


if __name__ == "__main__":  # PIPELINE BINARY PARTITIONS OUT ROOT-KEY|- SOURCE=PARQUET …
    pipeline, binary, partitions, out, key, *named = sys.argv[1:]
    spark = SparkSession.builder.appName("tamis").getOrCreate()
    sources = {name: spark.read.parquet(path) for name, path in (source.split("=", 1) for source in named)}
    release(spark, binary, pipeline, sources, int(partitions), [] if key == "-" else ["--root-key", key], ["--out", out])
