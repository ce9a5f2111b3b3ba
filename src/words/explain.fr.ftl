### Ce que veut dire chaque code (`tamis explain`), en français. Chaque message a son jumeau dans explain.en.ftl.

explain-cause = Ce qui s'est passé
explain-matters = Pourquoi cela compte
explain-do = Que faire
explain-example = Exemple
explain-kind-pipeline = problème d'un fichier de pipeline
explain-kind-finding = constat de `tamis validate`
explain-kind-remark = remarque de `tamis schema lint`
explain-kind-exit = code de sortie
explain-list-pipeline = Problèmes d'un fichier de pipeline
explain-list-finding = Constats de `tamis validate`
explain-list-remark = Remarques de `tamis schema lint`
explain-list-exit = Codes de sortie
explain-list-more = L'un d'eux en entier : tamis explain CODE
explain-unknown = il n'y a pas de code « { $code } » ; proches : { $near }
explain-unknown-far = il n'y a pas de code « { $code } » ; tamis explain les énumère tous

## Pourquoi cela compte, selon ce que touche un problème

explain-why-form = Un pipeline est l'arrêté sous forme exécutable. Ce qui n'est pas compris est refusé avant de lire des données, pour qu'aucune règle ne soit omise en silence.
explain-why-law = Une diffusion nomme son texte, sa finalité et sa politique, et sa finalité voyage avec elle. Sans eux, elle n'est pas licite.
explain-why-source = Ce qui est lu décide de qui figure dans le résultat. Une source lue deux fois, jointe par la mauvaise clé ou de personnes inconnues fausse les comptes, et les seuils ne protègent plus personne.
explain-why-role = Les rôles disent ce qui ne peut jamais sortir. S'ils manquent, personne ne peut le dire, et rien n'est lu.
explain-why-sql = Les expressions sont jugées enregistrement par enregistrement et avant la lecture : elles ne peuvent ni porter la valeur d'une personne à une autre, ni échouer en cours d'exécution.
explain-why-leaves = La loi laisse sortir des données sans nom ni adresse détaillée, et seulement aussi fines que leur finalité le demande.
explain-why-sample = L'échantillon est tiré par une règle déclarée qu'on peut rejouer, et la chance de chacun est connue ; sans cela, ni poids ni erreurs n'ont de sens.
explain-why-outputs = Les sorties sont posées côte à côte chez le destinataire : ce que l'une cache, la différence avec une autre ne doit pas le dire.
explain-why-table = Un seuil compte des personnes distinctes. Chaque case qui en a moins est masquée, et assez d'autres pour qu'on ne la retrouve pas.
explain-why-perturb = Un changement ne cache une personne que si tous les tableaux des mêmes enregistrements sont changés de même et que rien d'exact ne les côtoie.
explain-why-recipient = Une diffusion va à des destinataires nommés, chiffrée pour chacun et pour personne d'autre ; les champs renforcés seulement à ceux à qui ils sont destinés.
explain-why-secret = Qui a une clé secrète peut ouvrir ou signer au nom d'un autre. Elle n'est dans aucun fichier lu, gardé ou transmis.
explain-why-structure = Si étiquettes et cellules ne répondent pas au schéma, des valeurs peuvent se trouver sous une autre colonne : un identifiant passerait pour un code qui sort.
explain-why-content = Une valeur fausse est écartée avec son enregistrement, et comptée. Au-delà de la tolérance du pipeline, rien n'est publié.
explain-why-keys = Les enregistrements sont comptés et joints par ces valeurs. Un doublon compte deux fois, et un renvoi vers rien perd son enregistrement.

## Problèmes d'un fichier de pipeline

explain-pipeline-unreadable = le fichier ne peut être ouvert.
    .fix = Vérifier chemin et droits : le compte de l'exécution doit pouvoir le lire.
explain-pipeline-not_utf8 = le fichier n'est pas du texte UTF-8.
    .fix = L'enregistrer en UTF-8 dans l'éditeur.
explain-pipeline-not_a_pipeline = aucune ligne du fichier n'ouvre une section de pipeline ; rien n'en est montré, car il pourrait contenir des enregistrements.
    .fix = Nommer le fichier qui a [pipeline] et [[source]] ; tamis init en fait un.
explain-pipeline-not_tables = le fichier n'a aucune section de tableaux à protéger.
    .fix = Nommer le fichier qui a [tables] et [[table]].
explain-pipeline-not_anonymise = le fichier n'a aucune section de personnes à anonymiser.
    .fix = Nommer le fichier qui a [anonymise] et [[quasi]].
explain-pipeline-syntax = à cet endroit, le texte n'est pas du TOML.
    .fix = Fermer guillemets et crochets ; une section s'écrit [nom], une entrée de liste [[nom]].
explain-pipeline-unknown_key = cette clé ou cette section n'existe pas.
    .fix = Corriger l'orthographe ; tamis config schema donne toutes les clés aux éditeurs.
explain-pipeline-wrong_type = la clé attend une autre sorte de valeur : un nombre pour un texte, ou une valeur pour une liste.
    .fix = Écrire la sorte que nomme le message.
explain-pipeline-wrong_brackets = une section unique est écrite comme une liste, ou une liste comme une section unique.
    .fix = Un crochet pour [pipeline], deux pour chaque [[source]], [[keep]], [[persons]]…
explain-pipeline-missing_section = une section que tout pipeline possède manque.
    .fix = L'ajouter ; le message dit ce qui y va.
explain-pipeline-missing_key = une clé sans laquelle la section ne veut rien dire manque.
    .fix = L'ajouter ; le message dit pourquoi.
explain-pipeline-blank = la valeur n'a aucun caractère visible.
    .fix = L'écrire : elle est inscrite dans la diffusion et le journal.
explain-pipeline-unknown_word = la clé accepte quelques mots, et celui-ci n'en est pas.
    .fix = Choisir parmi ceux qu'énumère le message.
explain-pipeline-bad_value = la valeur est de la bonne sorte, et inutilisable.
    .fix = L'écrire comme le dit le message.
explain-pipeline-conflict = deux clés s'excluent.
    .fix = Retirer l'une d'elles.
explain-pipeline-linked_differ = deux tableaux d'un jeu demandent des choses différentes alors qu'ils sont protégés ensemble.
    .fix = Écrire la même valeur dans tous les tableaux du jeu.
explain-pipeline-decisions = le fichier de décisions sur les cases ne répond pas au tableau.
    .fix = Une ligne par case : les colonnes de `by`, puis `decision` ou `cost`.
explain-pipeline-group = la colonne nommée dans `group` ne dit rien de groupes dans ce tableau.
    .fix = Nommer une colonne de `by`, ou une qui est comptée en part.
explain-pipeline-duplicate_name = deux choses de même sorte portent un même nom.
    .fix = Donner à chacune le sien.
explain-pipeline-same_sdmx_id = deux colonnes ou tableaux deviennent un même identifiant en SDMX, qui ne connaît que majuscules et chiffres.
    .fix = Renommer l'un par `as`, ou retirer `sdmx`.
explain-pipeline-other_word = le mot existe ailleurs ; ce programme en a un autre.
    .fix = Écrire celui que donne le message.
explain-pipeline-quota = un sondage par quotas est demandé ; qui remplit les quotas choisit, et la chance de chacun est inconnue.
    .fix = Tirer au sort dans les mêmes cases : "stratified", ou "cube" avec les quotas comme équilibre.
explain-pipeline-not_available = deux choses possibles séparément ne vont pas ensemble.
    .fix = Suivre ce que propose le message.
explain-pipeline-schema = le schéma d'une source n'est pas un Table Schema lisible.
    .fix = tamis schema lint FICHIER montre chaque faute et sa place.
explain-pipeline-schema_without_role = des champs du schéma n'ont pas de rôle.
    .fix = Donner à chacun "tamis:role" ; tamis schema infer les propose.
explain-pipeline-unknown_source = aucune source ne porte ce nom.
    .fix = Nommer l'une des sections [[source]].
explain-pipeline-not_a_dataset = la source est consultée par une jointure : rien n'en est fait seule.
    .fix = Nommer le côté gauche de la jointure.
explain-pipeline-files_twice = deux sources lisent les mêmes fichiers.
    .fix = Les lire une fois, et tirer toutes les sorties de cette source.
explain-pipeline-raw_input = des statistiques au titre de l'art. 1, 6° nomment des fichiers bruts.
    .fix = Mettre à leur place une diffusion certifiée anonymisée.
explain-pipeline-not_statistics = une diffusion est lue pour autre chose que les statistiques de l'art. 1, 6°.
    .fix = Écrire legal_basis = "décret, art. 1, 6°", ou lire des fichiers.
explain-pipeline-join_twice = une source en consulterait deux autres.
    .fix = En joindre une ; calculer le reste avant.
explain-pipeline-join_chain = une source consultée en consulterait une autre.
    .fix = Joindre chacune à la source dont les lignes restent.
explain-pipeline-join_types = les deux colonnes d'une jointure contiennent des valeurs de sortes différentes.
    .fix = Joindre par des colonnes de même sorte ; corriger le type dans un schéma.
explain-pipeline-unknown_column = le schéma n'a pas cette colonne.
    .fix = Corriger le nom ; le plus proche est proposé.
explain-pipeline-subject_role = la colonne qui devrait distinguer les personnes pourrait sortir d'après son rôle.
    .fix = Lui donner dans le schéma le rôle subject-identifier.
explain-pipeline-subject_by_name = plusieurs sources ont une colonne du nom que donne [subject], et celle-ci est un identifiant direct, peut-être d'autre chose que de la personne.
    .fix = Dire avec `subject` dans cette [[source]] quelle colonne c'est ("" s'il n'y en a pas), ou lui donner le rôle subject-identifier.
explain-pipeline-no_subject = rien dans la source ne dit de qui est un enregistrement.
    .fix = Nommer la colonne par `subject` dans cette [[source]], ou joindre une source qui l'a.
explain-pipeline-column_type = ce qui est demandé à la colonne ne va pas avec ses valeurs.
    .fix = Nommer une autre colonne, ou corriger son type dans le schéma.
explain-pipeline-sql = l'expression SQL n'est pas comprise.
    .fix = Une expression sur les champs de la source, textes entre apostrophes.
explain-pipeline-sql_not_per_record = l'expression regarde plus d'un enregistrement.
    .fix = Ni sommes, ni comptes, ni fenêtres, ni sous-requêtes : ce sont les sorties qui comptent.
explain-pipeline-sql_type = l'expression donne une autre sorte de valeur qu'il n'en faut ici.
    .fix = Écrire une comparaison où il faut une condition, un CAST où il faut un type.
explain-pipeline-schema_rule = une règle du schéma (tamis:rules) n'est pas une condition sur ses champs.
    .fix = Corriger la règle dans le schéma.
explain-pipeline-identifier_leaves = un [[keep]] nomme une colonne qui identifie des personnes.
    .fix = Retirer l'entrée. Ni la généraliser ni calculer avec elle ne la laisse sortir.
explain-pipeline-sensitive_without_why = une colonne sensible sort et personne ne dit pourquoi.
    .fix = Ajouter why = "…" avec la finalité.
explain-pipeline-exact_birth_date = une date de naissance exacte sortirait.
    .fix = En faire un âge, une tranche ou une année.
explain-pipeline-record_identifier = la colonne diffère à chaque enregistrement et sortirait telle quelle.
    .fix = La retirer : elle désigne chaque ligne de la source.
explain-pipeline-duplicate_column = deux colonnes diffusées auraient un même nom.
    .fix = En renommer une par `as`.
explain-pipeline-postcode = un département ou une région est demandé à un code postal.
    .fix = Prendre le code commune : les codes postaux traversent les départements.
explain-pipeline-missing_at = un âge est demandé, et rien ne dit à quelle date.
    .fix = Écrire event_date dans la [[source]], ou `at` dans generalise.
explain-pipeline-bounds = les bornes des tranches ne sont pas croissantes.
    .fix = Écrire la borne basse de chaque tranche, de bas en haut, une fois chacune.
explain-pipeline-stray_option = une option appartient à une autre généralisation.
    .fix = La retirer, ou choisir celle à laquelle elle appartient.
explain-pipeline-ledger = un registre est tenu et rien n'est diffusé qui pourrait y figurer.
    .fix = Retirer [ledger], ou ajouter une sortie.
explain-pipeline-hierarchy = le fichier d'une hiérarchie est inutilisable.
    .fix = Une ligne par code, `code;niveau 1;niveau 2`, toutes de même longueur.
explain-pipeline-secret = une clé secrète ou un mot de passe se trouve dans le fichier ; chaque message le couvre.
    .fix = L'ôter, et en faire un autre : qui a lu le fichier l'a. Nommer les clés par fichier, credential: ou fd:.
explain-pipeline-unknown_recipient = aucun destinataire ne porte ce nom.
    .fix = Nommer l'une des sections [[recipient]].
explain-pipeline-which_recipient = il y a plusieurs destinataires, et une sortie ne dit pas à qui elle va.
    .fix = Ajouter recipient = "…" à la sortie.
explain-pipeline-reinforced = une colonne sous protection renforcée irait à qui elle n'est pas destinée.
    .fix = La diffuser dans une sortie à elle, vers un destinataire qui a reinforced = true.
explain-pipeline-half_reinforced = une colonne renforcée dans une entrée sort par une autre sans l'être.
    .fix = Écrire reinforced = true dans les deux.
explain-pipeline-nobody_acknowledges = la destruction attend des accusés qu'une personne nommée ne peut signer.
    .fix = Donner à chaque [[recipient]] sa clé publique, ou écrire when = "exported".
explain-pipeline-lasting_pseudonyms = des pseudonymes doivent durer, et il n'y a pas de destinataire pour lequel les faire.
    .fix = Ajouter [[recipient]], ou écrire linkage = "release".
explain-pipeline-not_kept = une sortie nomme une colonne qu'aucun [[keep]] ne laisse sortir.
    .fix = Ajouter un [[keep]] avec sa raison, ou retirer le nom.
explain-pipeline-which_dataset = il y a plusieurs sources, et une sortie ne dit pas laquelle elle décrit.
    .fix = Ajouter source = "…".
explain-pipeline-column_twice = une liste nomme une colonne deux fois.
    .fix = La nommer une fois.
explain-pipeline-quasi_identifier_left_out = un quasi-identifiant sort dans un fichier de personnes sans compter dans ses classes.
    .fix = L'ajouter à quasi_identifiers, ou le retirer de columns.
explain-pipeline-threshold = un seuil d'une personne est demandé.
    .fix = Écrire au moins 2 ; 11 est d'usage pour les données de santé.
explain-pipeline-persons_twice = deux fichiers contiennent des lignes des mêmes personnes.
    .fix = N'en faire qu'un.
explain-pipeline-tables_twice = un tableau compte tout le monde, un autre un échantillon des mêmes.
    .fix = Faire tous les tableaux d'une source sur les mêmes personnes.
explain-pipeline-not_nested = deux colonnes faites d'une même se coupent les groupes.
    .fix = Mettre les bornes de la plus large parmi celles de la plus fine.
explain-pipeline-table_of_released_rows = un tableau compte exactement les personnes dont les lignes sortent.
    .fix = Compter sur la population, ou retirer le tableau : les lignes le disent.
explain-pipeline-perturb_differs = des tableaux des mêmes enregistrements sont changés de manières différentes.
    .fix = Écrire le même `perturb` dans tous.
explain-pipeline-perturb_measure = un tableau dont les nombres sont changés mesure ce dont `perturb` ne dit rien.
    .fix = Y compter des personnes, dire dans `sums` comment changer les sommes, ou retirer `perturb`.
explain-pipeline-noise_beside_rows = un tableau bruité côtoie des lignes exactes des mêmes personnes.
    .fix = Diffuser l'un des deux.
explain-pipeline-key_over_persons = une clé du schéma lie des enregistrements de plusieurs personnes : l'un pourrait évincer celui d'une autre.
    .fix = Mettre la colonne de la personne dans chaque clé.
explain-pipeline-join_over_persons = des enregistrements de personnes sont joints par une autre colonne que celle de la personne.
    .fix = Joindre par la colonne de la personne.
explain-pipeline-not_declared = le bruit demande la liste des valeurs d'une colonne, et rien ne la donne.
    .fix = Mettre un enum dans le schéma, ou rendre la colonne plus large.
explain-pipeline-measure = une mesure n'est pas de celles qui existent.
    .fix = Écrire count, sum, mean ou share.
explain-pipeline-share_value = une part demande une valeur que la colonne n'a jamais.
    .fix = Écrire l'un de ses codes, comme la diffusion l'écrit.
explain-pipeline-no_output = rien ne sortirait.
    .fix = Ajouter [[persons]] ou [[aggregate]].
explain-pipeline-record_unit = des enregistrements sont tirés, et la diffusion relie ceux d'une même personne.
    .fix = Tirer des personnes, ou écrire linkage = "none".

## Constats de `tamis validate` : que faire

explain-finding-blank-label = Écrire le nom du champ au-dessus de la colonne, ou retirer la colonne.
explain-finding-duplicate-label = Renommer ou retirer l'une des deux colonnes.
explain-finding-missing-label = Ajouter la colonne, avec des cellules vides où la valeur est inconnue.
explain-finding-extra-label = Retirer la colonne avant l'envoi : ce qu'aucun schéma ne nomme n'est pas demandé.
explain-finding-incorrect-label = Mettre les colonnes dans l'ordre du schéma, sous ses noms.
explain-finding-blank-row = Retirer la ligne vide.
explain-finding-missing-cell = Chercher un séparateur manquant, ou un saut de ligne dans une cellule sans guillemets.
explain-finding-extra-cell = Mettre entre guillemets les textes qui contiennent le séparateur.
explain-finding-encoding-error = Exporter le fichier en UTF-8, ou nommer son encodage.
explain-finding-nul-byte = Exporter de nouveau en texte : le fichier est abîmé ou en UTF-16.
explain-finding-not-an-object = Écrire un objet entier par ligne, chaque membre une fois ; un membre répété a deux valeurs.
explain-finding-other-resource = Donner à chaque source les fichiers d'un seul type de ressource, tels que les exports de masse les écrivent.
explain-finding-not-one-value = Dire dans `tamis:path` quelle valeur est visée : `name[0]`, `name.where(use='official')` ; ou mener le chemin jusqu'à une valeur.
explain-finding-unresolved-reference = Exporter les références sous la forme `Type/id` ; une adresse de serveur, une ressource incluse ou un UUID ne nomme aucun enregistrement de l'export.
explain-finding-type-error = Écrire la valeur sous la forme attendue.
explain-finding-constraint-error = Corriger la valeur, ou le schéma si la règle est trop étroite.
explain-finding-unique-error = Retirer le doublon, ou corriger la valeur.
explain-finding-primary-key = Donner à chaque enregistrement sa clé ; retirer ceux envoyés deux fois.
explain-finding-foreign-key = Corriger la valeur, ou l'ajouter à la table visée.
explain-finding-row-constraint = Corriger celle des colonnes qui est fausse ; la règle dit comment elles tiennent ensemble.
explain-finding-missing-subject = Remplir l'identifiant de la personne ; sans lui, nul ne sait de qui est la ligne.

## Remarques de `tamis schema lint` : pourquoi elles comptent

explain-remark-table-name = D'autres programmes refusent un tel nom, et il entre dans des noms de fichiers.
explain-remark-nothing-missing = Les cellules vides sont alors jugées comme des valeurs, et contredisent types et codes.
explain-remark-custom-property = Une faute dans le nom d'une propriété passerait en silence.
explain-remark-old-form = Les programmes qui ne connaissent que la version 2 la refusent.
explain-remark-no-role = Sans rôle, nul ne peut dire si la colonne peut sortir : aucun pipeline ne prend le schéma.
explain-remark-undescribed = Qui remplit le fichier devine, et chacun devine autrement.
explain-remark-free-text = On écrit des noms, des adresses et des téléphones dans un texte libre.
explain-remark-anchored-pattern = Un lecteur croit voir que les motifs valent pour une partie, ce qui n'est pas le cas.
explain-remark-one-value = Une telle colonne prend de la place et ne dit rien, ou sa liste n'est pas finie.
explain-remark-looks-identifying = Un nom qui sort est ici le pire qui puisse arriver.
explain-remark-no-key = Un fichier envoyé deux fois compterait tout le monde deux fois.

## Codes de sortie

explain-exit-0 = fait ; des avertissements ont pu être dits.
    .why = Un minuteur ou un script peut continuer.
    .fix = Rien n'est à faire.
explain-exit-1 = les données ont été jugées et rejetées ; rien n'a été publié.
    .why = Au-delà de la tolérance du pipeline, une diffusion décrirait les erreurs et non les personnes.
    .fix = Lire les constats, faire corriger les fichiers à la source, exécuter de nouveau.
explain-exit-2 = un mot de la ligne de commande, le pipeline ou un schéma est faux ; ou des données ont déjà été tirées des mêmes fichiers. Rien n'a été publié.
    .why = Ce qui n'est pas compris est refusé, pour qu'aucune règle ne soit omise en silence.
    .fix = Suivre le message ; tamis config check montre d'un coup tous les problèmes d'un pipeline. --since last ne lit que les fichiers nouveaux, --again les mêmes.
explain-exit-3 = publié ; une partie des entrées a été écartée comme fausse.
    .why = Qui lit les chiffres doit savoir qu'il manque des enregistrements, et combien.
    .fix = Regarder les constats du dossier. Dans un service : SuccessExitStatus=3.
explain-exit-4 = une exigence de confidentialité n'est pas tenue, ou une signature, un journal ou un accusé n'est pas croyable ; rien n'a été publié.
    .why = Ce qui sort ne peut être rappelé.
    .fix = Lire quelle exigence ; rendre les sorties plus larges, ou chercher qui a changé le fichier.
explain-exit-5 = une clé manque, est une autre, ou peut être lue par d'autres.
    .why = Une clé que quelqu'un d'autre possède ne protège rien.
    .fix = tamis doctor PIPELINE --key CLÉ dit ce qu'elle a.
explain-exit-6 = un fichier ou un dossier n'a pu être lu ou écrit.
    .why = Une moitié de diffusion n'en est pas une : ce qui en était écrit a été retiré.
    .fix = Vérifier chemin, droits et place : tamis doctor PIPELINE.
explain-exit-7 = publié, mais pas détruit ou pas certifié.
    .why = La loi demande la destruction, et sa preuve.
    .fix = tamis resume EXÉCUTION reprend où elle s'est arrêtée.
explain-exit-11 = une autre exécution du pipeline, ou un autre processus à son journal, tient le verrou.
    .why = Deux exécutions à la fois seraient deux tirages d'un même échantillon.
    .fix = Attendre l'autre ; son verrou cesse avec son processus.
explain-exit-70 = un défaut du programme.
    .why = On ne peut se fier à ce qu'il a fait en dernier ; rien de ce qu'il tient ne survit à son processus.
    .fix = Signaler la ligne qu'il a écrite : elle nomme un endroit du programme et aucune valeur.
explain-exit-130 = interrompu au clavier ; le coffre a été détruit et rien n'a été publié.
    .why = Une exécution interrompue ne laisse rien de lisible.
    .fix = Exécuter de nouveau ; tamis resume EXÉCUTION clôt ce qui est ouvert.
explain-exit-143 = arrêté par le système (SIGTERM) ; le coffre a été détruit et rien n'a été publié.
    .why = Une exécution arrêtée ne laisse rien de lisible.
    .fix = Exécuter de nouveau ; dans un service, regarder sa limite de temps (TimeoutStartSec=).
