"""Class sizes by pyCANON: classes.py make FILE ROWS | classes.py measure FILE QUASI SENSITIVE. Prints k and l as JSON."""

import json
import random
import sys

how, file, *more = sys.argv[1:]
if how == "make":
    draw = random.Random(1)
    with open(file, "w", encoding="utf-8") as out:
        out.write("age,sexe,departement,diplome,maladie\n")
        for _ in range(int(more[0])):
            age, place = draw.randrange(18), min(int(draw.expovariate(0.05)), 95)
            out.write(f"{age * 5},{'FM'[draw.randrange(2)]},{place:02},{draw.randrange(5)},{draw.randrange(12)}\n")
else:
    import pandas
    from pycanon import anonymity

    data = pandas.read_csv(file, dtype=str)
    quasi, sensitive = more[0].split(","), [more[1]]
    print(json.dumps({"k": int(anonymity.k_anonymity(data, quasi)), "l": int(anonymity.l_diversity(data, quasi, sensitive))}))
