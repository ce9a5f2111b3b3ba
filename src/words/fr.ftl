### Ce qui est dit des fichiers et des schémas jugés, en français. Chaque message a son pendant dans en.ftl.

## Constats, sous leur nom dans Frictionless

finding-blank-label = l'intitulé de la colonne est vide
finding-duplicate-label = l'intitulé figure deux fois dans l'en-tête
finding-missing-label = le fichier n'a pas de colonne de ce nom
finding-extra-label = la colonne ne figure pas dans le schéma
finding-incorrect-label = un autre intitulé se trouve à la place de celui-ci
finding-blank-row = l'enregistrement n'a que des cellules vides
finding-missing-cell = l'enregistrement s'arrête avant cette colonne
finding-extra-cell = l'enregistrement a plus de cellules que l'en-tête n'a d'intitulés
finding-encoding-error = l'enregistrement a des octets qui ne sont pas du texte dans l'encodage du fichier
finding-nul-byte = l'enregistrement contient un octet nul
finding-not-an-object = la ligne n'est pas un objet JSON dont chaque membre figure une seule fois
finding-other-resource = l'enregistrement est une ressource FHIR d'un autre type que celui de la source
finding-not-one-value = le chemin de ce champ trouve plusieurs valeurs, ou un élément composé, là où il en faut une seule
finding-unresolved-reference = la référence ne dit pas par type et identifiant quel enregistrement est visé
finding-type-error = la cellule n'est pas du type de sa colonne
finding-constraint-error = la cellule enfreint une règle de sa colonne
finding-unique-error = la valeur figure aussi dans un autre enregistrement
finding-primary-key = la clé primaire manque, ou figure aussi dans un autre enregistrement
finding-foreign-key = la valeur ne figure pas dans la table à laquelle elle renvoie
finding-row-constraint = l'enregistrement enfreint une règle entre plusieurs colonnes
finding-missing-subject = l'enregistrement ne dit pas de qui il est

## Règles d'une colonne

rule-type = la cellule n'est pas du type de sa colonne
rule-required = une valeur manque là où il en faut une
rule-enum = la valeur n'est pas de celles qui sont admises
rule-pattern = le texte n'a pas la forme que demande le schéma
rule-minLength = le texte est trop court
rule-maxLength = le texte est trop long
rule-minimum = la valeur est trop basse
rule-maximum = la valeur est trop haute
rule-exclusiveMinimum = la valeur est trop basse
rule-exclusiveMaximum = la valeur est trop haute
rule-identifier = l'identifiant est mal formé, ou sa clé est fausse
rule-jsonSchema = le JSON ne respecte pas le schéma donné pour lui

## Ce qui est attendu

expected-label = l'intitulé { $field }
expected-cells = autant de cellules que d'intitulés, tout texte qui contient un séparateur étant entre guillemets
expected-utf8 = du texte en un seul encodage, UTF-8 ou Windows-1252
expected-required = une valeur
expected-enum = une valeur parmi { $values }
expected-enum-more = une valeur parmi { $values } et { $more } autres
expected-pattern = un texte conforme à { $pattern }
expected-minLength = { $n ->
        [one] au moins { $n } caractère
       *[other] au moins { $n } caractères
    }
expected-maxLength = { $n ->
        [one] au plus { $n } caractère
       *[other] au plus { $n } caractères
    }
expected-minimum = au moins { $bound }
expected-maximum = au plus { $bound }
expected-exclusiveMinimum = plus de { $bound }
expected-exclusiveMaximum = moins de { $bound }
expected-jsonSchema = un JSON conforme à `constraints.jsonSchema`
expected-unique = pas deux enregistrements de même { $fields }
expected-key = pour chaque enregistrement, { $fields } qui lui est propre
expected-foreign-key = une valeur qui figure dans { $resource }
expected-foreign-key-own = une valeur qui figure dans la table elle-même
expected-rule = { $rule }

## Types et formats

type-string = un texte
type-email = une adresse électronique
type-uri = une adresse web complète, avec https:// par exemple
type-binary = un texte en Base64
type-uuid = un UUID
type-integer = un nombre entier
type-integer-grouped = un nombre entier, avec { $group } entre les groupes de trois chiffres
type-number = un nombre, avec { $decimal } avant les décimales
type-number-grouped = un nombre, avec { $decimal } avant les décimales et { $group } entre les groupes de trois chiffres
type-boolean = { $true } pour vrai, { $false } pour faux
type-date = une date telle que 2026-02-25
type-date-any = une date
type-date-pattern = une date telle que { $example } ({ $pattern })
type-datetime = une date et une heure telles que 2026-02-25T14:30:00Z
type-datetime-any = une date et une heure
type-datetime-pattern = une date et une heure telles que { $example } ({ $pattern })
type-time = une heure telle que 14:30:00
type-time-any = une heure
type-time-pattern = une heure telle que { $example } ({ $pattern })
type-year = une année telle que 2026
type-yearmonth = une année et un mois tels que 2026-02
type-duration = une durée telle que P1Y2M ou PT8H (ISO 8601)
type-geopoint = une longitude et une latitude, telles que 4.835, 45.758
type-geopoint-array = un tableau JSON de longitude et latitude
type-geopoint-object = un objet JSON avec `lon` et `lat`
type-geojson = du GeoJSON
type-topojson = du TopoJSON
type-object = un objet JSON
type-array = un tableau JSON
type-list = des éléments séparés par { $delimiter }, chacun étant { $item }
type-any = toute valeur

## Identifiants

identifier-nir = un NIR de 15 caractères avec sa clé
identifier-rpps = un numéro RPPS de 11 chiffres avec son chiffre de contrôle
identifier-finess = un numéro FINESS de 9 caractères avec son chiffre de contrôle
identifier-commune = un code commune (COG) de 5 caractères
identifier-iris = un code IRIS de 9 caractères
identifier-postcode = un code postal de 5 chiffres
identifier-cim10 = un code CIM-10
identifier-ccam = un code CCAM
identifier-loinc = un code LOINC

## Le rapport

report-title = Rapport de validation
report-valid = Aucun constat
report-nothing = rien à signaler
report-records = { $n ->
        [one] { $count } enregistrement
       *[other] { $count } enregistrements
    }
report-source = { $records }, dont { $wrong } avec constats
report-files = Fichiers
report-structure = Structure
report-content = Contenu
report-warnings = Avertissements
report-count = Nombre
report-expected = attendu : { $expected }
report-expected-head = Attendu
report-places = Premiers emplacements
report-header = en-tête
report-place = enr. { $record } (ligne { $line })
report-place-record = enr. { $record }
report-form = de la forme { $shape }
report-cut = Seuls les { $shown } premiers constats sur { $total } sont énumérés ; tous sont comptés.
report-no-values = Aucune valeur d'un enregistrement ne figure ici : les lettres sont rendues par a et A, les chiffres par 9.
report-schema = Schéma
report-check-structure = structure
report-check-keys = clés

## Avertissements

warning-foreign-key = la clé étrangère { $fields } n'est pas vérifiée : aucun fichier n'est donné pour { $resource }
advice-foreign-key = nommez son fichier par --reference { $resource }=FICHIER
remark-table-name = { $place } : le nom « { $name } » a des capitales ou des signes
advice-table-name = il est pris tel quel ; la version 1 de Table Schema, et les logiciels qui s'y tiennent, veulent des minuscules
remark-nothing-missing = { $place } : aucun texte ne signifie « manquant », une cellule vide est donc une valeur
advice-nothing-missing = écrivez "missingValues": [""] si les cellules vides sont des valeurs manquantes
remark-custom-property = { $place } : « { $name } » n'est pas une propriété de Table Schema
advice-custom-property = elle est ignorée ; donnez un préfixe à vos propriétés, par exemple `snds:{ $name }`
remark-old-form = { $place } : une forme de la version 1 de Table Schema
advice-old-form = elle est lue ; la version 2 écrit une liste, et omet la ressource d'une table qui renvoie à elle-même

## Erreurs de la ligne de commande

error-needs-schema = donnez --schema FICHIER avec les fichiers, ou un seul fichier de traitement (.toml)
error-both = donnez soit --pipeline, soit --schema, et des fichiers avec --schema seulement
error-sheet-of-pipeline = --sheet nomme une feuille de fichiers ; un traitement le dit lui-même : sheet = "NOM" dans [[source]]
error-reference = --reference { $name } : le schéma n'a pas de clé étrangère vers une table de ce nom
error-two-outputs = un seul format peut aller au terminal ; écrivez les autres sous la forme FORMAT=FICHIER
error-reception = { $path } : se trouve dans une réception ; ce qui a été ouvert ne sert pas à établir un schéma

## Conseils sur les schémas

remark-no-role = { $place } : « { $name } » n'a pas de rôle
advice-no-role = dites dans `tamis:role` ce que la colonne signifie pour la vie privée ; un traitement refuse un schéma qui le laisse ouvert
remark-undescribed = { $place } : « { $name } » n'a ni titre ni description
advice-undescribed = dites ce qui y figure, pour celles et ceux qui remplissent les fichiers
remark-free-text = { $place } : « { $name } » est un texte libre qui peut sortir
advice-free-text = un texte libre peut nommer une personne : bornez-le par enum, pattern ou maxLength, ou donnez-lui le rôle direct-identifier
remark-anchored-pattern = { $place } : l'expression de « { $name } » a des ancres
advice-anchored-pattern = omettez `^` et `$` : une expression doit toujours décrire le texte entier
remark-one-value = { $place } : « { $name } » n'admet qu'une valeur
advice-one-value = une colonne qui dit toujours la même chose n'apprend rien ; ajoutez les autres valeurs, ou omettez-la
remark-looks-identifying = { $place } : « { $name } » semble identifier une personne, et son rôle la laisse sortir
advice-looks-identifying = si c'est le cas, donnez-lui le rôle direct-identifier ou subject-identifier
remark-no-key = { $place } : la table n'a pas de clé primaire
advice-no-key = nommez les champs qui distinguent les enregistrements, pour qu'un double envoi soit vu

## Pages sur les schémas

doc-fields = Champs
doc-rules = Règles entre plusieurs champs
doc-name = Champ
doc-meaning = Signification
doc-form = Écriture
doc-limits = Limites
doc-role = Vie privée
doc-key = Clé primaire
doc-unique = Uniques ensemble
doc-foreign = Renvoie à
doc-missing = Textes qui signifient « manquant »
doc-none = aucun
doc-example = par exemple
doc-required = à remplir obligatoirement
doc-alone = pas deux enregistrements de même valeur
role-other = ni identifiant ni sensible
role-quasi-identifier = identifie par recoupement
role-sensitive = sensible
role-subject-identifier = distingue les personnes, ne sort jamais tel quel
role-direct-identifier = identifie une personne, ne sort jamais

## Différences entre schémas

diff-none = Aucune différence qui compte.
diff-narrower = Des fichiers conformes peuvent ne plus l'être :
diff-wider = Des fichiers non conformes peuvent le devenir :
diff-neither = Les fichiers sont jugés comme avant :
diff-untouched = { $pipeline } : n'emploie pas ce schéma
diff-works = { $pipeline } : continue de fonctionner
diff-broken = { $pipeline } : ne fonctionne plus avec ce changement
change-added = ajouté
change-removed = retiré
change-moved = déplacé

## Raisons d'un schéma proposé

infer-no-role = rôle à décider
reason-empty = aucun enregistrement n'a de valeur
reason-type = { $so } valeurs sur { $of } se lisent comme { $word }
reason-text = les valeurs n'ont pas de forme commune
reason-zeros = des nombres entiers qui commencent par 0, ou trop longs pour des nombres : un code, donc un texte
reason-identifier = { $so } valeurs sur { $of } sont des { $word } bien formés
reason-telephone = { $so } valeurs sur { $of } sont des numéros de téléphone français
reason-email = { $so } valeurs sur { $of } sont des adresses électroniques
reason-address = { $so } valeurs sur { $of } commencent par un numéro et un type de voie
reason-forename = { $so } valeurs sur { $of } sont des prénoms répandus
reason-surname = { $so } valeurs sur { $of } sont des noms de famille répandus
reason-birth = des dates qui couvrent les vies d'une population, ou un intitulé qui le dit
reason-sex = quelques codes sous un intitulé qui parle de sexe
reason-required = aucune valeur ne manque
reason-unique = aucune des { $of } valeurs ne se répète
reason-codes = { $word } codes, chacun dans au moins 11 enregistrements
reason-positive = aucune valeur n'est négative
reason-length = toutes les valeurs ont { $word } caractères

## Profils

profile-head = { $files } : { $records } enregistrements, { $columns } colonnes
profile-malformed = { $n ->
    [one] 1 enregistrement est vide, trop court, trop long ou n'est pas du texte : rien d'autre n'en est dit
   *[other] { $count } enregistrements sont vides, trop courts, trop longs ou ne sont pas du texte : rien d'autre n'en est dit
}
profile-values = { $missing } manquants, { $distinct } différents
profile-distinct-more = plus de { $most }
profile-direct = identifiant direct : seuls des effectifs sont donnés
profile-quantiles = répartition :
profile-frequent = fréquents :
profile-suspicion = { $cells ->
    [one] 1 texte contient
   *[other] { $count } textes contiennent
} peut-être { $what } : { $places }
profile-nir = un NIR
profile-telephone = un numéro de téléphone
profile-email = une adresse électronique
profile-address = une adresse
profile-name = le nom d'une personne
profile-birth = une date de naissance
profile-place = enregistrement { $record }
profile-place-line = enregistrement { $record } (ligne { $line })
profile-place-file = { $file }, { $place }
profile-advice = Des textes où des personnes sont peut-être nommées ne peuvent sortir : ne nommez pas la colonne dans [[keep]], ou corrigez le fichier.
