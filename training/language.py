"""The ledger language for the trainer: the same words and forms as src/synthetic/ledger/ledger.ts, which says what they mean."""
import random
NAMES="Ann Bob Cat Dan Eve Fay Gus Ida Jon Kim".split()
OBJECTS="apples pears plums coins books shells stones cards kites birds".split()
GAIN="finds buys gets picks wins".split()
LOSS="sells loses drops eats gives".split()
SEE="sees likes draws".split()
WORDS="first second third last has How many more does do have than Who in all and or Think Answer . ? , : + - =".split()
VOCABULARY=VOCAB=["<s>","</s>","<unk>","<pad>","_"]+[str(i) for i in range(21)]+WORDS+NAMES+OBJECTS+GAIN+LOSS+SEE
ID={w:i for i,w in enumerate(VOCAB)}
def problem(rng, people=None, changes=None, kind=None, distract=None):
    """returns dict(prompt words, steps[list of words], answer, needed flags, kind, asked)"""
    while True:
        P=people or rng.choice([2,2,3])
        names=rng.sample(NAMES,P); obj=rng.choice(OBJECTS)
        def nchg():
            r=rng.random()
            return 1 if r<.35 else 2 if r<.7 else 3 if r<.96 else 4
        C=[(changes() if callable(changes) else changes) if changes else nchg() for _ in range(P)]
        start=[rng.randint(0,10) for _ in range(P)]
        order=[i for i in range(P) for _ in range(C[i])]
        val=start[:]; left=C[:]; sents=[]; steps=[]; owner=[]; islast=[]
        for i in order:
            left[i]-=1; lastf=left[i]==0
            while True:
                op=rng.choice("+-"); n=rng.randint(1,9)
                r=val[i]+n if op=="+" else val[i]-n
                if 0<=r<=10: break
            tag="last" if lastf else ["first","second","third"][C[i]-left[i]-1]
            sents.append([tag,names[i],rng.choice(GAIN if op=="+" else LOSS),str(n),obj,"."])
            steps.append([tag,names[i],str(val[i]),op,str(n),"=",str(r)]+([names[i]] if lastf else [])+["."])
            val[i]=r; owner.append(i); islast.append(lastf)
        k=kind or rng.choice(["count","total","more","difference"])
        a,b=rng.sample(range(P),2)
        if k=="more" and val[a]==val[b]: continue
        if k=="difference" and val[a]<val[b]: a,b=b,a
        break
    nd=rng.choice([0,0,1,2]) if distract is None else distract
    extra=[]
    for _ in range(nd):
        o2=rng.choice([o for o in OBJECTS if o!=obj])
        extra.append([rng.choice(names),rng.choice(SEE),str(rng.randint(1,9)),o2,"."])
    story=[]
    for i in range(P):
        story.append([names[i],"has",str(start[i]),obj,"."])
        story+=[sents[j] for j in range(len(sents)) if owner[j]==i]
    at=rng.choice(["front","back"])
    story=extra+story if at=="front" else story+extra
    A,B=names[a],names[b]
    q={"count":["How","many",obj,"does",A,"have","?"],
       "total":["How","many",obj,"do",A,"and",B,"have","in","all","?"],
       "more":["Who","has","more",obj,",",A,"or",B,"?"],
       "difference":["How","many","more",obj,"does",A,"have","than",B,"?"]}[k]
    asked=[a] if k=="count" else [a,b]
    prompt=["<s>"]+sum(story,[])+q+["Think",":"]
    needed=[islast[j] and owner[j] in asked for j in range(len(steps))]
    d=dict(prompt=prompt,steps=steps,kind=k,asked=asked,names=names,needed=needed,owner=owner,islast=islast,vals=val)
    d["answer"]=answer(d,val); return d
def answer(d,val):
    a=d["asked"][0]; k=d["kind"]
    if k=="count": return str(val[a])
    b=d["asked"][1]
    if k=="total": return str(val[a]+val[b])
    if k=="more": return d["names"][a] if val[a]>val[b] else d["names"][b]
    return str(val[a]-val[b])
def support(d):
    k=d["kind"]
    if k=="more": return [d["names"][d["asked"][0]],d["names"][d["asked"][1]]]
    return [str(i) for i in range(21 if k=="total" else 11)]
def corrupt(rng,d):
    """one wrong result carried on; returns steps, answer or None"""
    for _ in range(20):
        steps=[s[:] for s in d["steps"]]; val={}
        j=rng.randrange(len(steps)); ow=d["owner"][j]
        if rng.random()<.7:
            c=[x for x in range(len(steps)) if d["owner"][x] in d["asked"]]; j=rng.choice(c); ow=d["owner"][j]
        new=rng.choice([x for x in range(11) if str(x)!=steps[j][6]])
        steps[j][6]=str(new); ok=True; cur=new
        for x in range(j+1,len(steps)):
            if d["owner"][x]!=ow: continue
            s=steps[x]; s[2]=str(cur); r=cur+int(s[4]) if s[3]=="+" else cur-int(s[4])
            if not 0<=r<=10: ok=False;break
            s[6]=str(r); cur=r
        if not ok: continue
        vals=d["vals"][:]; vals[ow]=cur
        if d["kind"]!="count":
            a,b=d["asked"]
            if d["kind"]=="more" and vals[a]==vals[b]: continue
            if d["kind"]=="difference" and vals[a]<vals[b]: continue
        return steps,answer(d,vals)
    return None

def cue(d):
    n=[d["names"][a] for a in d["asked"]]; k=d["kind"]
    mid={"count":n[:1],"total":[n[0],"+",n[-1]],"more":[n[0],"or",n[-1]],"difference":[n[0],"-",n[-1]]}[k]
    return ["Answer"]+mid+[":"]
